"""Evidence from shipment manifests: what a shipment is and the numbers the models see."""
