"""First steps at a find, as a page shows them; the same on every page that tells of a find."""

from __future__ import annotations

import html

import streamlit as st

from app.views import live_find as view
from app.words import _, word

_STYLE = """
.wildcargo-find { padding: .75rem 1rem; color: #3b1200; background: #fff1e6; border: 3px solid #9a3412;
  border-radius: .375rem; font-size: 1.05rem; }
.wildcargo-find h3 { margin: 0 0 .5rem; padding: 0; color: #3b1200; }
.wildcargo-find h4 { margin: .75rem 0 .25rem; padding: 0; color: #3b1200; }
.wildcargo-find :is(ol, ul) { padding-inline: 1.75rem 0; }
.wildcargo-find th, .wildcargo-find td { padding: .35rem .75rem .35rem 0; text-align: start;
  vertical-align: top; }
.wildcargo-find a { color: #0b3d63; font-weight: 700; display: inline-block; min-height: 44px;
  line-height: 44px; }
"""


def show(advice: view.Advice | None) -> None:
    """Show what to do at a find; nothing where there is none."""
    if advice is None:
        return
    title = _("Live animals: first steps") if advice.live else _("Wildlife products: first steps")
    steps = "".join(f"<li>{_said(text)}</li>" for text in advice.steps)
    gear = "".join(f"<li>{_said(text)}</li>" for text in advice.gear)
    rows = "".join(_call(each) for each in advice.calls if each.people)
    calls = f"<table>{rows}</table>" if rows else ""
    st.html(
        f'<style>{_STYLE}</style><section class="wildcargo-find" aria-label="{html.escape(title)}">'
        f"<h3>{html.escape(title)}</h3><p><strong>{_said(advice.stop)}</strong></p><ol>{steps}</ol>"
        f"<h4>{html.escape(_('Protective equipment'))}</h4><ul>{gear}</ul>"
        f"<h4>{html.escape(_('Call, in this order, and note the time'))}</h4>{calls}"
        f"{_nobody(advice)}<p>{_said(advice.basis)}</p></section>"
    )


def brief(advice: view.Advice) -> None:
    """Show what must be known before one goes on: not to touch, what to wear, whom to call first."""
    first = next((call for call in advice.calls if call.people), None)
    title = _("Live animals: first steps") if advice.live else _("Wildlife products: first steps")
    gear = "".join(f"<li>{_said(text)}</li>" for text in advice.gear)
    call = f"<table>{_call(first)}</table>" if first else ""
    st.html(
        f'<style>{_STYLE}</style><section class="wildcargo-find" aria-label="{html.escape(title)}">'
        f"<p><strong>{_said(advice.stop)}</strong> {_said(advice.steps[0])}</p>"
        f"<ul>{gear}</ul>{call}</section>"
    )


def _said(text: str) -> str:
    return html.escape(_(text))


def _call(call: view.Call) -> str:
    topic = f'<th scope="row">{html.escape(word("topic", call.topic))}</th>'
    return f"<tr>{topic}<td>{'<br>'.join(_person(each) for each in call.people)}</td></tr>"


def _nobody(advice: view.Advice) -> str:
    """Say for what nobody is on the port's list: a gap is known before the next night."""
    topics = [word("topic", call.topic) for call in advice.calls if not call.people]
    if not topics:
        return ""
    text = _("Nobody on the port's list, ask the supervisor: {topics}").format(topics=" · ".join(topics))
    return f"<p>{html.escape(text)}</p>"


def _person(each: view.Contact) -> str:
    name = f'<span dir="auto">{html.escape(each.name)}</span>'
    phone = html.escape(each.phone)
    number = f'<a href="tel:{view.dialled(each.phone)}" dir="ltr">{phone}</a>' if each.phone else ""
    rest = (f'<span dir="auto">{html.escape(text)}</span>' for text in (each.email, each.hours, each.note))
    return " · ".join(part for part in (name, number, *rest) if part != '<span dir="auto"></span>')
