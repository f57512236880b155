"""The risk of a shipment and how it came about: standing, reasons for and against, waterfall, record."""

from __future__ import annotations

import streamlit as st

from app import markup
from app.pages.shipment_parts.declared import gone
from app.views import score as view
from app.words import _, current, moment, number, percent, word
from risk.store import hits
from risk.store.dossier import Dossier, Score

STYLE = """
.wc-head { border: 1px solid #b8c4ce; border-radius: .375rem; padding: .4rem .75rem; margin-bottom: .5rem;
  color: #16232e; }
.wc-head .band { font-size: 1.2rem; font-weight: 700; margin: 0 .4rem; }
.wc-bar { position: relative; height: .9rem; background: #e6edf2; border-radius: .2rem; margin: .3rem 0; }
.wc-bar span { position: absolute; top: 0; bottom: 0; border-radius: .2rem; background: #7a1f0b; }
.wc-bar .lowers { background: repeating-linear-gradient(45deg, #0b5a7a 0 5px, #7fb2c8 5px 9px); }
.wc-bar .end { width: 3px; background: #16232e; border-radius: 0; top: -3px; bottom: -3px; }
.wc-fall { display: grid; grid-template-columns: minmax(8rem, 26%) 1fr 5.5rem; gap: .1rem .75rem;
  align-items: center; color: #16232e; margin: 0 0 1rem; }
.wc-fall .sum { font-weight: 700; }
.wc-fall .num { text-align: end; font-variant-numeric: tabular-nums; direction: ltr; }
"""


def heads(dossier: Dossier) -> str:
    """Return how high it stands, all together and by kind of find, as HTML."""
    titles = {
        "risk": _("Risk of this shipment"),
        "live_animals": _("Live animals"),
        "wildlife_products": _("Wildlife products"),
    }
    return "".join(_head(each, titles[each.kind]) for each in view.heads(dossier))


def _head(head: view.Head, title: str) -> str:
    if head.rank is None:
        rank, band, bar = _("not among the shipments of these days"), "", ""
    else:
        rank = _("{rank} of {n} shipments").format(rank=number(head.rank), n=number(head.of or 0))
        band = word("band", head.band)
        bar = (
            f'<div class="wc-bar" aria-hidden="true"><span style="{_across(0.0, head.height)}"></span></div>'
        )
    told = ""
    if head.probability is not None:
        chance = percent(head.probability, 2 if head.probability < 0.1 else 0)
        told = markup.said(_("Chance of a find: {chance}").format(chance=chance))
    elif head.kind == "risk":
        told = markup.said(_("Chance of a find: {chance}").format(chance=_("not known for this port")))
    return (
        f'<div class="wc-head"><div><strong>{markup.said(title)}</strong> '
        f'<span class="band">{markup.said(band)}</span> {markup.said(rank)}</div>{bar}{told}</div>'
    )


def _across(start: float, end: float) -> str:
    low, high = sorted((start, end))
    return f"inset-inline-start:{100 * low:.2f}%;width:{max(100 * (high - low), 0.4):.2f}%"


def show(dossier: Dossier, zone: str) -> None:
    """Show why a shipment stands where it stands."""
    score = dossier.score
    if score is None:
        st.info(_("This version was not scored."))
        return
    _watched(dossier)
    if score.reasons is None:
        st.warning(_("The reasons in words: {gone}").format(gone=gone(dossier.current, zone)))
    else:
        _reasons(score, zone)
    st.subheader(_("How the score came about"))
    _waterfall(score, zone)
    if score.notes:
        st.html(markup.facts(_("Notes of the program"), [(_("Score"), markup.text(score.notes))]))
    _record(score, zone)


def _watched(dossier: Dossier) -> None:
    if not dossier.hits:
        return
    st.subheader(_("On a list, or under a rule"))
    st.html(markup.items(_hit(each) for each in dossier.hits))


def _hit(hit: hits.Hit) -> str:
    if hit.hidden:
        return markup.said(_("restricted list"))
    if hit.source == "rule":
        parts = [markup.said(_("Local rule")), markup.text(hit.reason), markup.text(hit.value)]
    else:
        parts = [markup.said(word("watch", hit.kind)), markup.text(hit.value), markup.text(hit.reason)]
        if hit.source_grade:
            grade = markup.said(_("source graded {grade}"))
            parts.append(grade.format(grade=markup.text(hit.source_grade)))
    if hit.restricted:
        parts.append(markup.said(_("restricted list")))
    if hit.floor is not None:
        parts.append(markup.said(_("not below place {n}").format(n=number(hit.floor))))
    if not hit.current:
        parts.append(markup.said(_("hit an earlier version")))
    if not hit.in_force:
        parts.append(markup.said(_("no longer in force")))
    if hit.owner:
        parts.append(markup.text(hit.owner))
    return " · ".join(part for part in parts if part != "<bdi></bdi>")


def _reasons(score: Score, zone: str) -> None:
    raising, lowering, slight = view.reasons(score.reasons or [], current(), zone)
    parts = [
        (_("Speaks for opening"), _told(raising, _("Nothing sets it apart from the average shipment."))),
        (_("Speaks against opening"), _told(lowering, _("Nothing that counts."))),
    ]
    st.html(markup.grid(f"<h3>{markup.said(title)}</h3>{told}" for title, told in parts))
    if slight:
        names = ", ".join(word("family", name) for name in slight)
        st.caption(_("Hardly counts: {families}").format(families=names))


def _told(sentences: tuple[str, ...], otherwise: str) -> str:
    if not sentences:
        return markup.note(otherwise)
    return markup.items((f"<span dir='auto'>{markup.said(each)}</span>" for each in sentences), ordered=True)


def _waterfall(score: Score, zone: str) -> None:
    fall = view.waterfall(score.log_odds, score.families, score.reasons, current(), zone)
    st.caption(
        _(
            "Every bar says how much one family of reasons raises (full) or lowers (striped) the score, in "
            "log-odds. From the average shipment they add up to this one's."
        )
    )
    rows = [
        _fall_row(
            _("Average shipment"), fall, fall.base, fall.base, _signed(fall.base, plus=False), sum_=True
        )
    ]
    for step in fall.steps:
        title = word("family", step.family)
        rows.append(_fall_row(title, fall, step.start, step.end, _signed(step.contribution)))
    total = _signed(fall.total, plus=False)
    rows.append(_fall_row(_("This shipment"), fall, fall.total, fall.total, total, sum_=True))
    st.html('<div class="wc-fall" aria-hidden="true">' + "".join(rows) + "</div>")
    with st.expander(_("The same as a table")):
        st.html(_table(fall))


def _fall_row(
    title: str, fall: view.Waterfall, start: float, end: float, told: str, *, sum_: bool = False
) -> str:
    kind = "end" if sum_ else "raises" if end >= start else "lowers"
    where = _across(fall.place(start), fall.place(end))
    if sum_:
        where = where.split(";")[0]
    bold = ' class="sum"' if sum_ else ""
    return (
        f"<div{bold}>{markup.said(title)}</div>"
        f'<div class="wc-bar"><span class="{kind}" style="{where}"></span></div>'
        f'<div class="num{" sum" if sum_ else ""}">{markup.said(told)}</div>'
    )


def _signed(value: float, *, plus: bool = True) -> str:
    told = number(abs(value), 3)
    return (f"+{told}" if plus else told) if value >= 0 else f"−{told}"


def _table(fall: view.Waterfall) -> str:
    at = fall.base
    rows = [[markup.said(_("Average shipment")), "", _ltr(_signed(at, plus=False)), ""]]
    for step in fall.steps:
        rows.append(
            [
                markup.said(word("family", step.family)),
                _ltr(_signed(step.contribution)),
                _ltr(_signed(step.end, plus=False)),
                f"<span dir='auto'>{markup.said(step.sentence)}</span>",
            ]
        )
    rows.append([markup.said(_("This shipment")), "", _ltr(_signed(fall.total, plus=False)), ""])
    heads_ = [_("Family of reasons"), _("Adds"), _("Score so far"), _("Reason")]
    return markup.table(_("How the score came about"), heads_, rows, numbers=(1, 2))


def _ltr(text: str) -> str:
    return f'<span dir="ltr">{markup.said(text)}</span>'


def _record(score: Score, zone: str) -> None:
    rows = [
        (_("Model"), markup.text(score.model_id)),
        (_("Rests on"), markup.said(word("risk_basis", score.risk_basis))),
        (_("Scored"), markup.said(moment(score.scored_at, zone))),
        (_("Record of the score (SHA-256)"), markup.text(score.record_hash)),
    ]
    st.html(markup.facts(_("Record"), rows))
