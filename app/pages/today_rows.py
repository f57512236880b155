"""A shipment of the day as a row, and the same rows as a plain table: escaped markup, no database."""

from __future__ import annotations

import html
from collections.abc import Sequence

import pandas as pd

from app import tables
from app.views.today import Row
from app.words import _, country, direction, left, moment, number, percent, word

#: Characters shown of what was declared; the shipment's own page has all.
GOODS, SHORT, REASON = 160, 60, 240

#: Colours with a contrast of at least 7 to 1 to their text; each band has a word and a shape as well.
STYLE = """
[data-testid="stMainBlockContainer"] { padding-inline: clamp(.75rem, 2.5vw, 2.5rem); }
.st-key-rows { display: grid !important; grid-template-columns: minmax(0, 1fr) 8rem 8rem 9rem;
  gap: 0 .5rem !important; align-items: center; container-type: inline-size; }
.st-key-rows > div:nth-child(4n+1) { border-top: 1px solid #b8c4ce; padding-top: .5rem; width: 100%;
  grid-column: 1 / -1; }
.st-key-rows > div:nth-child(4n+2) { grid-column: 2; }
.st-key-rows > div:not(:nth-child(4n+1)) { margin-bottom: .5rem; }
.st-key-rows > div, .st-key-rows button { width: 100% !important; }
.st-key-rows button, .st-key-rows [data-testid="stPageLink-NavLink"] { min-height: 44px;
  justify-content: center; }
.st-key-rows [data-testid="stPageLink-NavLink"] { border: 1px solid #b8c4ce; border-radius: .5rem; }
.st-key-rows > div:not(:nth-child(4n+1)) { margin-top: .35rem; }
.wc-row { display: grid; grid-template-columns: 3.5rem 7rem 8rem minmax(9rem, 4fr) minmax(9rem, 5fr);
  gap: .25rem .9rem; color: #16232e; font-size: .9rem; line-height: 1.35; overflow-wrap: anywhere; }
.wc-row > * { min-width: 0; }
.wc-row.wc-list { grid-template-columns: 3.5rem 8rem minmax(9rem, 4fr) minmax(9rem, 5fr); }
.wc-row .wc-place { font-size: 1.35rem; font-weight: 700; }
.wc-row small, .wc-row .wc-less { color: #3d4c58; font-size: .8rem; display: block; }
.wc-row a, .wc-table a { color: #0b4a66; font-weight: 700; }
.wc-row ol { margin: 0; padding-inline-start: 1.1rem; }
.wc-row ol li { margin: 0; font-size: .85rem; }
.wc-bar { height: .6rem; border: 1px solid #3d4c58; border-radius: .2rem; margin: .15rem 0;
  background: #fff; }
.wc-bar i { display: block; height: 100%; background: #0b4a66; }
.wc-very_high .wc-bar i { background: #8a1c00; }
.wc-soon { font-weight: 700; color: #7a1600; }
.wc-status { display: inline-block; font-weight: 700; border: 1px solid #3d4c58; border-radius: .3rem;
  padding: 0 .35rem; background: #f4f7f9; }
.wc-row.wc-done { color: #3d4c58; }
.wc-table { border-collapse: collapse; font-size: .85rem; width: 100%; min-width: 56rem; line-height: 1.35; }
.wc-table th, .wc-table td { border: 1px solid #b8c4ce; padding: .3rem .4rem; text-align: start;
  vertical-align: top; font-size: .85rem; }
.wc-table th { white-space: nowrap; }
.wc-table td { overflow-wrap: anywhere; min-width: 6.5rem; }
.wc-table td:first-child { min-width: 3.5rem; }
.wc-table td:nth-last-child(2), .wc-table td:nth-last-child(3) { min-width: 14rem; }
.wc-table small { display: block; font-size: .8rem; }
.wc-table ol { margin: 0; padding-inline-start: 1.1rem; }
.wc-table ol li { margin: 0; font-size: .85rem; }
.wc-scroll { overflow-x: auto; }
@media (min-width: 1700px) {
  .st-key-rows > div:nth-child(4n+1) { grid-column: 1; }
  .st-key-rows > div:not(:nth-child(4n+1)) { border-top: 1px solid #b8c4ce; padding-top: .5rem; }
}
@container (max-width: 760px) {
  .wc-row, .wc-row.wc-list { grid-template-columns: 3.5rem minmax(7rem, 1fr) minmax(8rem, 1fr); }
  .wc-row .wc-wide { grid-column: 1 / -1; }
}
@media (max-width: 520px) {
  .st-key-rows { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .st-key-rows > div:nth-child(4n+2) { grid-column: 1; }
}
"""
#: Hours left that are told in bold.
SOON = 4.0


def row(each: Row, now: pd.Timestamp, zone: str) -> str:
    """Return one row."""
    parts = [f"<div>{place(each)}</div>"]
    if not each.apart:
        parts.append(f'<div class="wc-{each.band}">{risk(each)}</div>')
    parts += [
        f"<div>{clock(each, now, zone)}</div>",
        f'<div class="wc-wide">{shipment(each)}<div>{status(each, zone)}</div></div>',
        f'<div class="wc-wide">{reasons(each)}</div>',
    ]
    kinds = "wc-row" + (" wc-list" if each.apart else "") + (" wc-done" if each.decided else "")
    return f'<div class="{kinds}" data-shipment="{each.shipment_id}">{"".join(parts)}</div>'


def table(rows: Sequence[Row], now: pd.Timestamp, zone: str) -> str:
    """Return rows as a plain table."""
    listed = bool(rows) and rows[0].apart
    titles = [_("No.") if listed else _("Place"), "" if listed else _("Risk"), _("Clock"), _("Shipment")]
    titles += [_("Reasons"), _("Status")]
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in titles if title)
    body = []
    for each in rows:
        cells = [place(each), "" if listed else risk(each, bar=False), clock(each, now, zone), shipment(each)]
        cells += [reasons(each), status(each, zone)]
        told = [cell for title, cell in zip(titles, cells, strict=True) if title]
        body.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in told) + "</tr>")
    return tables.framed(head, "".join(body), around="wc-scroll", kind="wc-table", label=_("Shipments"))


def place(each: Row) -> str:
    """Return place, the model's rank where it is another, and why."""
    told = [f'<span class="wc-place">{html.escape(number(each.place))}</span>']
    if each.apart:
        return told[0]
    if each.rank != each.place:
        told.append(f"<small>{html.escape(_('Model: {rank}').format(rank=number(each.rank)))}</small>")
    if each.raised:
        told.append(f"<small>{html.escape(word('override', 'raise'))}</small>")
    if each.lowered:
        told.append(f"<small>{html.escape(word('override', 'lower'))}</small>")
    held = {"rule": _("Held up by a local rule"), "watch": _("Held up by a watch list")}
    if each.floor_reason in held:
        told.append(f"<small>{html.escape(held[each.floor_reason])}</small>")
    return "".join(told)


def risk(each: Row, *, bar: bool = True) -> str:
    """Return the risk in a word, a number and a bar."""
    if each.probability is not None:
        told = percent(each.probability, 1)
    else:
        told = _("Score {score}").format(score=number(each.score))
    drawn = f'<div class="wc-bar" aria-hidden="true"><i style="width:{100 * each.height:.0f}%"></i></div>'
    within = f"<small>▸ {html.escape(_('Within capacity'))}</small>" if each.within else ""
    strong = f"<strong>{html.escape(word('band', each.band))}</strong>"
    return f"{strong}<small>{html.escape(told)}</small>{drawn if bar else ''}{within}"


def clock(each: Row, now: pd.Timestamp, zone: str) -> str:
    """Return how long it has waited and how long there is left: what a live animal goes by."""
    told = []
    if each.until is not None:
        over = each.left is not None and each.left <= 0.0
        text = _("Time is over") if over else _("{time} left").format(time=left(each.until, now))
        soon = each.left is not None and each.left <= SOON
        told.append(f'<div class="{"wc-soon" if soon else ""}">{html.escape(text)}</div>')
    if each.waited is not None:
        waited = left(now, each.arrives_at or now) if each.waited * 60 >= 1.0 else _("just now")
        told.append(f"<div>{html.escape(_('Here for {time}').format(time=waited))}</div>")
    elif each.arrives_at is not None:
        text = _("Arrives in {time}").format(time=left(each.arrives_at, now))
        told.append(f"<div>{html.escape(text)}</div>")
    else:
        told.append(f"<div>{html.escape(_('Arrival not known'))}</div>")
    told.append(f"<small>{html.escape(moment(each.arrives_at, zone))}</small>")
    return "".join(told)


def shipment(each: Row) -> str:
    """Return bill, where it is, goods and route."""
    where = [word("mode", each.mode) if each.mode else "", each.location, each.conveyance]
    arrow = " ← " if direction() == "rtl" else " → "
    ends = [country(each.origin) if each.origin else "", each.loading_port, each.discharge_port]
    ends.append(country(each.destination) if each.destination else "")
    parts = [
        bill(each.shipment_id, each.bill),
        f'<div class="wc-less">{" · ".join(outside(text, SHORT) for text in where if text)}</div>',
        f"<div>{outside(' '.join(filter(None, (each.heading, each.goods))), GOODS)}</div>",
        f'<div class="wc-less">{arrow.join(outside(end, SHORT) for end in ends if end)}</div>',
    ]
    return "".join(parts)


def bill(shipment_id: int, text: str) -> str:
    """Return a bill that leads to its shipment."""
    return f'<a href="/shipment?id={shipment_id}" target="_self">{outside(text, SHORT)}</a>'


def reasons(each: Row) -> str:
    """Return the strongest reasons in words."""
    if not each.reasons:
        return html.escape(_("Reasons are no longer kept"))
    return f"<ol>{''.join(f'<li>{outside(text, REASON)}</li>' for text in each.reasons)}</ol>"


def status(each: Row, zone: str) -> str:
    """Return what became of it, or who is at it."""
    told = status_words(each, zone)
    return f'<span class="wc-status">{html.escape(told)}</span>' if told else ""


def status_words(each: Row, zone: str = "UTC") -> str:
    """Return what became of it in words."""
    claimed = _("Claimed by {who} until {time}") if not each.mine else _("Claimed by you until {time}")
    who = (
        claimed.format(who=each.claimed_by, time=moment(each.claimed_until, zone)) if each.claimed_by else ""
    )
    said = {
        "": "",
        "find": _("Find"),
        "covered": _("Wildlife with a valid permit"),
        "clean": word("found", "clean"),
        "other_offence": word("found", "other_offence"),
        "overturned": word("status", "overturned"),
        "not_inspected": word("inspection", "not_inspected"),
        "waiting": word("override", "waiting"),
        "claimed": who,
        "listed": _("On the list"),
    }
    told = said[each.status] if each.status in said else word("step", each.status)
    return told if each.status == "claimed" or not who or each.decided else f"{told} · {who}"


def outside(text: str, most: int) -> str:
    """Return outside text as it is, cut, on its own direction."""
    line = " ".join(text.split())
    cut = line if len(line) <= most else line[: most - 1] + "…"
    return f'<bdi dir="auto">{html.escape(cut)}</bdi>'
