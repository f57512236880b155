"""Tables, facts and lists as HTML in which outside text is text: escaped, cut, in its own direction.

What Streamlit draws as a grid lies on a canvas that is read by no screen reader; a shipment's page is made of
plain tables instead. Everything that comes in here is a text, and goes out escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Final

from app import tables
from risk.store.texts import line

#: Characters shown of one value; of more it is told how many are left out.
MOST: Final = 1_500

STYLE: Final = """
.wc-table { width: 100%; border-collapse: collapse; margin: 0 0 1rem; color: #16232e; font-size: 1rem; }
.wc-table caption { text-align: start; font-weight: 700; padding: .25rem 0; }
.wc-table th, .wc-table td { text-align: start; vertical-align: top; padding: .4rem .6rem;
  border-bottom: 1px solid #b8c4ce; }
.wc-table td, .wc-table th bdi { overflow-wrap: anywhere; }
.wc-table thead th { background: #e6edf2; }
.wc-table tbody th { font-weight: 600; }
.wc-table .num { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
.wc-scroll { overflow-x: auto; max-width: 100%; }
.wc-facts th { width: 38%; color: #3d4c58; }
.wc-list { margin: 0 0 1rem; padding-inline-start: 1.4rem; color: #16232e; }
.wc-list li { padding: .2rem 0; overflow-wrap: anywhere; }
.wc-note { color: #3d4c58; margin: 0 0 1rem; overflow-wrap: anywhere; }
.wc-grid { display: grid; gap: 0 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.wc-links a { margin-inline-end: .5rem; margin-bottom: .5rem; }
"""


def text(value: object, most: int = MOST) -> str:
    """Return a text from outside, escaped, in its own direction, cut where it is longer than ``most``.

    Examples
    --------
    >>> text("<b>FISH</b>")
    '<bdi>&lt;b&gt;FISH&lt;/b&gt;</bdi>'
    """
    whole = str(value)
    shown = line(whole, most)
    left = len(whole) - most
    more = f" … (+{left})" if left > 0 else ""
    return f"<bdi>{html.escape(shown)}{more}</bdi>"


def said(words: str) -> str:
    """Return words of our own (or sentences that set apart what they quote), escaped."""
    return html.escape(words)


def link(address: str, label: str) -> str:
    """Return a link to another page; label is HTML."""
    return f'<a href="{html.escape(address)}" target="_self">{label}</a>'


def button(address: str, label: str) -> str:
    """Return a link that looks like a button; label is text."""
    return (
        f'<a class="wildcargo-button" href="{html.escape(address)}" target="_self">{html.escape(label)}</a>'
    )


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()
) -> str:
    """Return a table; the first cell of a row is its heading.

    Parameters
    ----------
    caption : str
        Text.
    heads : sequence of str
        Texts.
    rows : iterable of sequence of str
        Cells as HTML.
    numbers : iterable of int
        Columns of numbers.
    """
    right = set(numbers)

    def cell(tag: str, position: int, content: str, scope: str = "") -> str:
        kind = ' class="num"' if position in right else ""
        return f"<{tag}{kind}{scope}>{content}</{tag}>"

    head = "".join(cell("th", place, html.escape(name), ' scope="col"') for place, name in enumerate(heads))
    body = "".join(
        "<tr>"
        + "".join(
            cell("th", 0, content, ' scope="row"') if place == 0 else cell("td", place, content)
            for place, content in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return tables.framed(head, body, around="wc-scroll", kind="wc-table", label=caption, caption=caption)


def facts(caption: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return facts one below the other: what (text) and its value (HTML)."""
    body = "".join(
        f'<tr><th scope="row">{html.escape(what)}</th><td>{value}</td></tr>' for what, value in rows
    )
    head = f'<table class="wc-table wc-facts"><caption>{html.escape(caption)}</caption>'
    return f"{head}<tbody>{body}</tbody></table>"


def items(entries: Iterable[str], *, ordered: bool = False) -> str:
    """Return a list of entries (HTML)."""
    tag = "ol" if ordered else "ul"
    return f'<{tag} class="wc-list">' + "".join(f"<li>{each}</li>" for each in entries) + f"</{tag}>"


def grid(parts: Iterable[str]) -> str:
    """Return parts (HTML) beside each other where there is room."""
    return '<div class="wc-grid">' + "".join(f"<div>{part}</div>" for part in parts) + "</div>"


def note(words: str) -> str:
    """Return a remark in smaller ink; words are text."""
    return f'<p class="wc-note">{html.escape(words)}</p>'
