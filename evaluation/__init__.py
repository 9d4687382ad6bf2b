"""What the rules are worth on measured data; run by hand, and written to `docs/evaluation`."""
