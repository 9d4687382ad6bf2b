"""Code that examines readings: window statistics and anomaly detectors."""
