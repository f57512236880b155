"""One module per source of evidence; each has FEATURES, FACTS and compute(view)."""
