"""One file per wire format, each turning bytes into reports or saying why it cannot."""
