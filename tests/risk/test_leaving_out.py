"""What a model may not learn from can be left out by feature, by family, or by country."""

import pytest

from features import matrix
from risk.histories import PortError
from risk.learning import features_without


def test_by_name_family_and_country():
    entries = matrix.features()
    left = {f.name for f in features_without(["month_sine", "words", "country"], entries)}
    gone = {f.name for f in entries} - left
    expected = {f.name for f in entries if f.family == "words" or f.uses_country} | {"month_sine"}
    assert gone == expected
    assert len(gone) < len(entries) / 2


def test_unknown_names_are_listed():
    with pytest.raises(PortError, match="moon_phase, tides"):
        features_without(["tides", "route", "moon_phase"], matrix.features())
