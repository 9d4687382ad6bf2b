"""What can be derived from one report, by kind of device; `table` lists it all."""
