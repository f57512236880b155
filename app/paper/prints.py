"""Four prints: a published list, a hold notice, the case sheet of a find, the report of a shift.

Each is made twice over: ``…_page`` gives the page as HTML that stands alone (for a browser to print where
Pango is missing), the plain name gives the PDF.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from app.paper import fonts, pictures
from app.paper.facts import Case, Frame, Hold, PublishedList, Row, Shift
from app.paper.marks import square
from app.paper.printing import Unprintable, pdf
from app.paper.showing import apart, shown, told
from risk import language, locales, vocabulary

#: Rows of one print; more than a port opens in a day.
MOST_ROWS = 1_000


def worklist(frame: Frame, published: PublishedList, rows: Sequence[Row]) -> bytes:
    """Return a published list as PDF, A4 across: a row to tick for each shipment.

    Raises
    ------
    Unprintable
        Pango is missing, or there are more than `MOST_ROWS`.
    """
    return pdf(worklist_page(frame, published, rows))


def worklist_page(frame: Frame, published: PublishedList, rows: Sequence[Row]) -> str:
    """Return a published list as HTML."""
    if len(rows) > MOST_ROWS:
        raise Unprintable("A print has at most {most} rows", most=MOST_ROWS)
    return _page("worklist.html", frame, published=published, rows=rows)


def hold_notice(frame: Frame, hold: Hold) -> bytes:
    """Return a notice to hold a shipment as PDF: nothing of risk, rank or reasons is on it.

    Raises
    ------
    Unprintable
        Pango is missing.
    """
    return pdf(hold_notice_page(frame, hold))


def hold_notice_page(frame: Frame, hold: Hold) -> str:
    """Return a hold notice as HTML."""
    return _page("hold_notice.html", frame, hold=hold)


def case_sheet(frame: Frame, case: Case) -> bytes:
    """Return the case sheet of a find as PDF.

    Raises
    ------
    Unprintable
        Pango is missing.
    """
    return pdf(case_sheet_page(frame, case))


def case_sheet_page(frame: Frame, case: Case) -> str:
    """Return a case sheet as HTML."""
    return _page("case_sheet.html", frame, case=case)


def shift_report(frame: Frame, shift: Shift) -> bytes:
    """Return the report of a shift as PDF.

    Raises
    ------
    Unprintable
        Pango is missing, or there are more than `MOST_ROWS` shipments to be named.
    """
    return pdf(shift_report_page(frame, shift))


def shift_report_page(frame: Frame, shift: Shift) -> str:
    """Return the report of a shift as HTML."""
    if len(shift.left) + len(shift.done) + len(shift.away) > MOST_ROWS:
        raise Unprintable("A print has at most {most} rows", most=MOST_ROWS)
    return _page("shift_report.html", frame, shift=shift)


def _page(template: str, frame: Frame, **facts: object) -> str:
    code = language.nearest(frame.language)
    speaks = language.BY_CODE[code]
    return (
        _environment(code)
        .get_template(template)
        .render(
            frame=frame,
            lang=speaks.locale.replace("_", "-"),
            direction=speaks.direction,
            start="right" if speaks.direction == "rtl" else "left",
            end="left" if speaks.direction == "rtl" else "right",
            moment=partial(_moment, zone=frame.zone, code=code),
            numbered=_numbered(language.gettext("Page {n} of {m}", code)),
            families=Markup(", ").join(Markup(f'"{name}"') for name in fonts.INSTALLED),
            **facts,
        )
    )


@cache
def _environment(code: str) -> Environment:
    """Return the templates speaking a language; everything put into them is escaped."""
    made = Environment(
        loader=PackageLoader("app.paper"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "shown": shown,
        "told": told,
        "apart": apart,
        "square": square,
        "in_page": pictures.in_page,
        "css": _css,
        "untagged": _untagged,
    }
    made.globals |= {
        "_": partial(_text, code=code),
        "word": partial(_word, code=code),
        "country": lambda each: shown(locales.name_of_country(str(each), code)) if each else "",
        "number": partial(_number, code=code),
        "counted": partial(_counted, code=code),
        "percent": lambda share, digits=0: locales.percent(f"{100.0 * share:,.{digits}f}", code),
        "listed": partial(_listed, comma=language.BY_CODE[code].comma),
    }
    return made


def _text(message: str, *, code: str) -> Markup:
    """Return a text as markup: what its fields are filled with is escaped, and set apart from it."""
    return _Filled(escape(language.gettext(message, code)))


class _Filled(Markup):
    """A text whose fields, once filled, keep their own direction (a Latin bill in an Arabic sentence)."""

    def format(self, *args: Any, **kwargs: Any) -> _Filled:
        """Fill in what stands in the fields."""
        told = {name: apart(value) for name, value in kwargs.items()}
        return _Filled(Markup(str(self)).format(*args, **told))


def _listed(parts: Iterable[object], *, comma: str) -> Markup:
    """Return the parts that are not empty, one after the other."""
    return Markup(comma).join(apart(part) for part in parts if part)


def _word(kind: str, each: str, *, code: str) -> str:
    """Return a code in words, also one this version does not know; empty where there is none."""
    return (
        shown(vocabulary.word(kind, str(each), code), 80)
        if each and kind in vocabulary.WORDS
        else shown(each, 80)
    )


def _number(value: Any, digits: int = 0, *, code: str) -> str:
    """Return a number, empty where there is none."""
    if value is None or pd.isna(value):
        return ""
    return locales.decimal(float(value), code, digits)


def _counted(value: Any, noun: str, *, code: str) -> str:
    """Return so many things, empty where there is no number."""
    if value is None or pd.isna(value):
        return ""
    return locales.counted(f"{float(value):,.0f}", noun, code)


def _moment(at: Any, *, zone: str, code: str) -> Markup:
    """Return a moment in the port's time, empty where there is none."""
    return Markup() if at is None or pd.isna(at) else apart(locales.moment(pd.Timestamp(at), zone, code))


def _untagged(text: object) -> str:
    """Return markup as text, with marks of direction in place of elements."""
    if not isinstance(text, Markup):
        return str(text)
    marked = re.sub(r'<bdi dir="...">', "\u2068", str(text)).replace("</bdi>", "\u2069")
    return str(Markup(marked).unescape()).strip()


def _css(text: object) -> Markup:
    """Return a text as a string of a style sheet in which nothing has a meaning."""
    plain = re.sub(r"[^A-Za-z0-9]", lambda sign: f"\\{ord(sign[0]):06x}", _untagged(text))
    return Markup(f'"{plain}"')


def _numbered(pattern: str) -> Markup:
    """Return the style sheet's content of a page's number and how many there are."""
    parts = re.split("(\x01|\x02)", str(pattern).format(n="\x01", m="\x02"))
    counters = {"\x01": Markup("counter(page)"), "\x02": Markup("counter(pages)")}
    return Markup(" ").join(counters.get(part) or _css(part) for part in parts if part)
