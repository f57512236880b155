"""ANSI X12 customs manifests, read with the fixtures of all formats."""

from __future__ import annotations

import pytest

from features.manifest.messages.form import Form
from features.manifest.messages.x12_309 import FORM


@pytest.fixture(scope="session")
def form() -> Form:
    """The format of this folder."""
    return FORM
