"""Training, calibration, explanation, metrics and the bundle format."""
