"""Tables of every part of the app have the same frame: reached by keyboard, named, and escaped."""

from __future__ import annotations

import pytest

from app import bars, markup, tables

BODY = '<tr><th scope="row">a</th><td>b</td></tr>'


@pytest.mark.parametrize("caption", ["", "Goods <b>"])
@pytest.mark.parametrize("label", ["", 'Rows "1"'])
def test_a_frame_has_what_it_is_called_and_no_more(caption: str, label: str) -> None:
    made = tables.framed('<th scope="col">t</th>', BODY, around="x", kind="y", label=label, caption=caption)
    assert made.startswith('<div class="x" tabindex="0"')
    assert made.count('role="region"') == made.count("aria-label") == bool(label)
    assert made.count("<caption>") == bool(caption)
    assert "<b>" not in made
    assert 'aria-label="Rows &quot;1&quot;"' in made or not label
    assert made.endswith(f"</thead><tbody>{BODY}</tbody></table></div>")


def test_a_table_of_facts_and_one_of_bars_are_framed_as_they_were() -> None:
    assert markup.table("C", ("A<", "B"), [("<b>x</b>", "1")], numbers=(1,)) == (
        '<div class="wc-scroll" tabindex="0" role="region" aria-label="C"><table class="wc-table">'
        '<caption>C</caption><thead><tr><th scope="col">A&lt;</th><th class="num" scope="col">B</th>'
        '</tr></thead><tbody><tr><th scope="row"><b>x</b></th><td class="num">1</td></tr></tbody>'
        "</table></div>"
    )
    assert bars.table("", ("A", ""), [("x<", bars.figure("3"))]) == (
        '<div class="wildcargo-wide" tabindex="0"><table class="wildcargo-bars"><thead><tr>'
        '<th scope="col" dir="auto">A</th><td aria-hidden="true"></td></tr></thead><tbody><tr>'
        '<th scope="row" dir="auto">x&lt;</th><td class="figure">3</td></tr></tbody></table></div>'
    )
