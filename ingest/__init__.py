"""From a broker (and other doors) to trusted reports; nothing is lost silently."""
