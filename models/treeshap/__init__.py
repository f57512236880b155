"""Exact SHAP values of LightGBM models for every row, without LightGBM.

`TreeShap` is the whole public face. The method, and where it comes from, is told there; the rooms are

================  ==================================================================================
`model_text`      LightGBM's text format as arrays, checked
`ways`            what lies above and below each node
`layout`          each tree cut into groups of leaves that share one table
`leaf`            the Shapley values of one leaf, for one pattern of decisions or for all of them
`passes`          a block of rows through all trees
`explainer`       the class
`compiled`        the compiler, and what it keeps between starts
================  ==================================================================================

Nothing here knows what the rows are about.
"""

from models.treeshap.explainer import Explained, TreeShap
from models.treeshap.model_text import ModelTextError

__all__ = ["Explained", "ModelTextError", "TreeShap"]
