"""Plausible, seeded signals for each kind of device."""
