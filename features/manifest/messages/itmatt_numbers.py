"""Numbers of a flat ITMATT: written as the whole file writes them, in the unit of their column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from features.manifest import quantities

#: A number of more characters is none.
_DIGITS = 60
#: Texts whose reading is kept.
_KEPT = 50_000
#: No postal item weighs more (UPU regulations: 30 kg, 50 kg where posts agree): what does is in grams.
_HEAVIEST_KG = 50.0


class Numbers:
    """Reads the numbers of one file.

    Parameters
    ----------
    sample : list of list of str
        First rows: they prove how the file writes numbers.
    weights, amounts : sequence of int
        Columns that hold weights, and any numbers with a fraction.
    factors : mapping of int to float
        Of columns whose name says a unit: how much of the column's own unit that is.
    unit_beside : bool
        Whether another column says the unit of weights.
    """

    def __init__(
        self,
        sample: list[list[str]],
        weights: Sequence[int],
        amounts: Sequence[int],
        factors: Mapping[int, float],
        unit_beside: bool,
    ) -> None:
        texts = [row[at] for row in sample for at in amounts if at < len(row)]
        self.decimal = quantities.decimal_mark(text.strip() for text in texts) or "."
        self._known: dict[tuple[str, float], tuple[str, float | None]] = {}
        self.factors = dict(factors)
        bare = [at for at in weights if at not in factors]
        if not unit_beside and self._in_grams(sample, bare):
            self.factors |= dict.fromkeys(bare, 0.001)

    def _in_grams(self, sample: list[list[str]], columns: list[int]) -> bool:
        """Tell weights without a unit that are in grams: most of a column are more than an item can weigh."""
        for at in columns:
            said = [text for row in sample if at < len(row) and (text := row[at].strip())]
            found = [number for text in said if (number := self.read(text, "net_weight_kg", 1.0)[1])]
            if found and sorted(found)[len(found) // 2] > _HEAVIEST_KG:
                return True
        return False

    def read(self, text: str, column: str, factor: float) -> tuple[str, float | None]:
        """Return a number as text in the column's unit, and its value where it has one."""
        known = self._known.get((text, factor))
        if known is None:
            if len(self._known) > _KEPT:
                self._known.clear()
            known = self._known[text, factor] = self._parsed(text, column, factor)
        return known

    def _parsed(self, text: str, column: str, factor: float) -> tuple[str, float | None]:
        if len(text) > _DIGITS:
            return text[:_DIGITS] + "...", None
        plain = text.isascii() and text.replace(".", "", 1).isdigit()
        if plain and (self.decimal == "." or "." not in text):
            number = float(text)
        else:
            number = float(quantities.parse([text], column, self.decimal)[0])
        if not isfinite(number) or number < 0:
            return text, None  # what is wrong with it is told where every number is read
        if factor == 1.0 and plain and self.decimal == ".":
            return text, number
        # Words beside a number stand for its unit; the name of the column does not say it again.
        number = number if any(c.isalpha() for c in text) else round(number * factor, 9)
        return repr(number), number


def multiplied(each: float | None, count: float | None) -> tuple[str, float | None]:
    """Return what so many units weigh or are worth, as text and as number."""
    if each is None or count is None:
        return "", None
    number = round(each * count, 9)
    return repr(number), number


def with_unit(text: str, unit: str) -> str:
    """Return a number with the unit another cell gives, where it has none of its own."""
    return f"{text} {unit}" if unit and text[-1].isdigit() else text
