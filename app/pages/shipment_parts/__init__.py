"""The parts of the page of a shipment, one module each."""
