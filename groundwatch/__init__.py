"""Composition root: settings, wiring, command line, HTTP interface."""

__version__ = "0.1.0"
