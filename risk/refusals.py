"""What is refused, in words that can be translated: a text with places, and what stands in them."""

from __future__ import annotations


class Refusal(ValueError):
    """Something cannot be taken as it was given.

    Attributes
    ----------
    text : str
        What is wrong, in English, with named places in braces; the key of its translation.
    values : dict of str to str or int
        What stands in them.
    """

    def __init__(self, text: str, **values: str | int) -> None:
        super().__init__(text.format(**values))
        self.text, self.values = text, values

    def __reduce__(self) -> tuple[object, ...]:
        """Return how it is made again in another process."""
        return _made, (type(self), self.text, self.values)


def _made(kind: type[Refusal], text: str, values: dict[str, str | int]) -> Refusal:
    return kind(text, **values)
