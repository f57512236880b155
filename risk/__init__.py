"""From a manifest to a ranked and explained worklist."""
