"""A sentence with what stands in it, so that whoever reads it is told in their own language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """A sentence with what stands in it: English as text, other languages by its template.

    Attributes
    ----------
    text : str
        With named places in braces; the key of its translation.
    values : dict of str to str, int or Said
        Texts are names and stand as they are; a sentence within a sentence is told like it.
    """

    text: str
    values: dict[str, str | int | Said]

    def __str__(self) -> str:
        """Return it in English."""
        told = {name: f"{it:,}" if isinstance(it, int) else str(it) for name, it in self.values.items()}
        return self.text.format(**told)


def line_of(text: str, **values: str | int | Said) -> Said:
    """Return a sentence with what stands in it."""
    return Said(text, values)
