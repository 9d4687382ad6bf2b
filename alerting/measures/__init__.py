"""What is computed from one sensor's history before it is held against a limit."""
