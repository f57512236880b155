"""Sample manifests and the simulator that makes the days of a port."""
