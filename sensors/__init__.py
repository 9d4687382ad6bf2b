"""What a sensor is and what a reading means: pure values and tables, no input or output."""
