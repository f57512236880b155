"""One module per source of evidence; each has FEATURES, FACTS and compute(view).

Long lists of entries stand apart, in ``goods_registry``, ``quantity_registry`` and ``route_registry``.
"""
