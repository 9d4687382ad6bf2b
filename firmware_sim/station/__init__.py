"""Pretend stations that connect by TCP: `sl651` and `hj212` write, `line` connects and resends."""
