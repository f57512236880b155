"""Entry summary declarations, read with the fixtures of all formats."""

from __future__ import annotations

import pytest

from features.manifest.messages.ens import FORM
from features.manifest.messages.form import Form


@pytest.fixture(scope="session")
def form() -> Form:
    """The format of this folder."""
    return FORM
