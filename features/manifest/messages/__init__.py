"""Messages ports receive: one module per family of formats, each told by its content.

A module knows everything about its messages and nothing else: it reads bytes into shipments whose values
are text under the names of the shipment table (`features.manifest.schema`), and writes such a table
as messages. What becomes of the text (numbers, times, codes, limits, notes) is decided where every other
table is read (`features.manifest.canonical`), so a message and a table that say the same give the same
shipment.
"""

from __future__ import annotations

from features.manifest.messages.form import Broken, Field, Form, Shipment
from features.manifest.messages.forms import BY_NAME, FORMS, recognise

__all__ = ["BY_NAME", "FORMS", "Broken", "Field", "Form", "Shipment", "recognise"]
