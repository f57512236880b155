"""Languages the program speaks, and its texts in them.

Every text a person sees is looked up by its English wording in a gettext catalogue,
``risk/translations/<code>/LC_MESSAGES/wildcargo.po``. The language is always passed in: one process serves
people of several languages. What a catalogue does not hold is told in English. Catalogues are compiled
in memory when first asked for, so that a compiled file can never be older than what people edit.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable

SOURCE = "en"
DOMAIN = "wildcargo"


@dataclass(frozen=True)
class Language:
    """A language people can choose.

    Attributes
    ----------
    code : str
        ISO 639-1.
    name : str
        What it is called in itself.
    locale : str
        The locale whose numbers, dates and names of countries are used.
    direction : str
        ``ltr`` or ``rtl``, as in HTML.
    review : str
        ``source`` (written in it), ``unread`` (translated by the makers, not read by a native speaker yet) or
        ``read`` (a native speaker read all of it).
    open_quote, close_quote : str
        Marks around words of others.
    clause, sentence, comma : str
        What stands between two clauses, two sentences and two things.
    """

    code: str
    name: str
    locale: str
    direction: str = "ltr"
    review: str = "unread"
    open_quote: str = "“"
    close_quote: str = "”"
    clause: str = "; "
    sentence: str = ". "
    comma: str = ", "


_ALL = (
    Language("en", "English", "en", review="source"),
    Language(
        "fr", "Français", "fr", open_quote="«\u00a0", close_quote="\u00a0»", clause="\N{NO-BREAK SPACE}; "
    ),
    Language("vi", "Tiếng Việt", "vi"),
    Language("th", "ไทย", "th", sentence=" "),
    Language("zh", "中文", "zh_Hans", clause="；", sentence="。", comma="、"),
    Language("pt", "Português", "pt_PT"),
    Language("km", "ខ្មែរ", "km", open_quote="«", close_quote="»", sentence="។ "),
    Language(
        "ar", "العربية", "ar", direction="rtl", open_quote="«", close_quote="»", clause="؛ ", comma="، "
    ),
)


def _place(code: str) -> Traversable:
    return files("risk").joinpath("translations", code, "LC_MESSAGES", f"{DOMAIN}.po")


#: Code -> language, in the order they are offered in: English and whatever has a catalogue.
BY_CODE: Mapping[str, Language] = {
    each.code: each for each in _ALL if each.code == SOURCE or _place(each.code).is_file()
}

#: Codes of the languages offered.
LANGUAGES: tuple[str, ...] = tuple(BY_CODE)


def nearest(asked: str) -> str:
    """Return the offered language nearest to what was asked for; English where none is near.

    Examples
    --------
    >>> nearest("pt-BR"), nearest("zh_Hant"), nearest("de"), nearest("")
    ('pt', 'zh', 'en', 'en')
    """
    code = asked.replace("_", "-").split("-")[0].lower()
    return code if code in BY_CODE else SOURCE


def source_of(code: str) -> str:
    """Return the text of a language's catalogue as it is edited (PO); empty for English.

    Raises
    ------
    KeyError
        There is no such language.
    """
    if BY_CODE[code].code == SOURCE:
        return ""
    return _place(code).read_text(encoding="utf-8")


@cache
def catalogue(code: str) -> NullTranslations:
    """Return the catalogue of a language, compiled from its PO text.

    Raises
    ------
    KeyError
        There is no such language.
    """
    text = source_of(code)
    if not text:
        return NullTranslations()
    # Only who speaks another language than English pays for Babel.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.StringIO(text), locale=code, domain=DOMAIN))
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext(message: str, language: str) -> str:
    """Return a text in a language.

    Parameters
    ----------
    message : str
        English text, with ``{name}`` fields to be filled in afterwards by ``str.format``.
    language : str
        One of `LANGUAGES`.

    Examples
    --------
    >>> gettext("Route", "en")
    'Route'
    """
    return catalogue(language).gettext(message) if message else ""


def N_(message: str) -> str:
    """Mark a text that is looked up later, where it is shown (of an error, of a table of codes)."""
    return message


def ngettext(singular: str, plural: str, n: int, language: str) -> str:
    """Return the form of a text that a number asks for.

    Examples
    --------
    >>> ngettext("{n} bill", "{n} bills", 3, "en").format(n=3)
    '3 bills'
    """
    return catalogue(language).ngettext(singular, plural, n)
