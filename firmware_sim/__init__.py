"""A pretend device with its own encoder; it shares no code with the server."""
