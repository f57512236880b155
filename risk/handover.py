"""What a list hands to a port's own systems: rows for its selectivity, holds for terminals and airlines.

`hand_over` is a pure function from a list to rows of text, as a template orders them. Every shipment of
the list is handed over, left out for a reason, or was not chosen; none is lost (`Handover.check`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from risk import registration
from risk.listed import Listed
from risk.template import Template, TemplateError, is_xml_name
from risk.writing import guarded

FORMATS: tuple[str, ...] = (".csv", ".xml")

#: Eleven digits of an air waybill: three of the airline, eight of the number.
_AIR_WAYBILL = r"^(\d{3})[- ]?\d{4}[- ]?\d{4}$"
#: What no line of a file for another system may hold: control characters, and marks that reorder text.
_UNFIT = "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+"
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Handover:
    """Rows to hand over, and what became of every row of the list.

    Attributes
    ----------
    frame : DataFrame of str, shape (m, fields of the template)
        One row per container or shipment.
    addressee : Series of str, shape (m,)
        Who is asked to hold; empty texts where the template has no addressee.
    left_out : DataFrame
        ``shipment_id``, ``reason``: rows of the list that were chosen but cannot be handed over.
    incomplete : DataFrame
        ``shipment_id``, ``lacks``: shipments handed over without what the template expects.
    listed, not_chosen, shipments : int
        Rows of the list; those nobody chose; shipments handed over.
    """

    frame: pd.DataFrame
    addressee: pd.Series
    left_out: pd.DataFrame
    incomplete: pd.DataFrame
    listed: int
    not_chosen: int
    shipments: int

    def check(self) -> None:
        """Check that no row of the list is lost.

        Raises
        ------
        ArithmeticError
        """
        if self.listed != self.not_chosen + self.shipments + len(self.left_out):
            raise ArithmeticError("rows of the list were lost: " + self.sentence())

    def sentence(self) -> str:
        """Return the sum in one line."""
        parts = [f"{self.shipments:,} handed over", f"{len(self.left_out):,} left out"]
        parts += [f"{self.not_chosen:,} not chosen"] if self.not_chosen else []
        return f"On the list: {self.listed:,} = {' + '.join(parts)}"


def chosen(rows: pd.DataFrame) -> pd.Series:
    """Return which rows of a list somebody or something chose, shape (n,), bool."""
    return rows["selected_by"] != ""


def hand_over(
    listed: Listed,
    template: Template,
    now: pd.Timestamp,
    *,
    hours: float | None = None,
    not_chosen: int = 0,
) -> Handover:
    """Return the rows a template makes of a list.

    Parameters
    ----------
    listed : Listed, n rows
        The rows to hand over, usually those `chosen`.
    template : Template
    now : Timestamp
        Moment of the run (UTC).
    hours : float, optional
        Instead of the template's.
    not_chosen : int
        Rows of the list that are not in ``listed``.
    """
    table = _made(listed, template, now, template.hours if hours is None else hours)
    why = _why_not(listed, table, template)
    good = (why == "").to_numpy()
    left_out = pd.DataFrame({"shipment_id": table["shipment_id"], "reason": why})[~good]
    broken = pd.DataFrame(
        [{"shipment_id": where, "reason": reason} for where, reason in listed.broken],
        columns=["shipment_id", "reason"],
    )
    rows = _ordered(_apart(table[good], template), template)
    lacking = [f.source for f in template.fields if f.source and f.source not in rows]
    if lacking:
        raise TemplateError(f"the list has no column {', '.join(lacking)}, which the template names")
    cells = {
        f.name: _text(rows[f.source], template) if f.source else _constant(f.value, rows)
        for f in template.fields
    }
    frame = pd.DataFrame(cells, index=rows.index)
    found = Handover(
        frame.astype("str"),
        rows["addressee"].reset_index(drop=True),
        pd.concat([left_out, broken], ignore_index=True).astype("str"),
        _incomplete(table[good], template),
        len(listed) + len(broken) + not_chosen,
        not_chosen,
        int(good.sum()),
    )
    found.check()
    return found


def _constant(value: str, rows: pd.DataFrame) -> pd.Series:
    return pd.Series([value] * len(rows), index=rows.index, dtype="str")


# --- what is made of a row --------------------------------------------------------------------


def _made(listed: Listed, template: Template, now: pd.Timestamp, hours: float) -> pd.DataFrame:
    """Return declared, listed and made columns beside each other."""
    rows, declared = listed.rows, listed.declared
    table = declared.copy()
    for name in rows:
        if name not in table:
            table[name] = rows[name].where(rows[name] != "")
    table["selected_by"] = rows["selected_by"]
    table["registration_serial"], table["registration_year"] = _registration(declared, template)
    table["airline"] = _airline(declared)
    table["expires_at"] = expiry(declared, now, hours)
    table["exported_at"] = pd.Series(now, index=rows.index).astype("datetime64[us]")
    table["addressee"] = _first(table, template.addressee, template)
    if template.codes:
        code, codes = _codes(listed, template.codes)
        table["reason_code"], table["reason_codes"] = code, codes
    return table


def expiry(declared: pd.DataFrame, now: pd.Timestamp, hours: float) -> pd.Series:
    """Return when a choice ends: as the goods leave, else some hours after they arrive or the run.

    Parameters
    ----------
    declared : DataFrame, shape (n, k)
        With ``available_until`` and ``arrives_at`` (UTC).
    now : Timestamp
        Moment of the run; a time of leaving that lies before it says nothing.
    hours : float

    Returns
    -------
    Series of datetime64[us], shape (n,)
    """
    arrives = declared["arrives_at"]
    start = arrives.where(arrives > now, now)
    leaves = declared["available_until"]
    end = leaves.where(leaves > now, start + pd.Timedelta(hours=hours))
    return end.astype("datetime64[us]")


def _registration(declared: pd.DataFrame, template: Template) -> tuple[pd.Series, pd.Series]:
    """Return the serial number and the year of a registration; the year may stand in the number."""
    number = declared["registration_number"].astype("str")
    serial, year = registration.apart(number)
    known = declared["known_at"].fillna(declared["arrives_at"])
    local = known.dt.tz_localize("UTC").dt.tz_convert(template.time_zone)
    year = year.fillna(local.dt.strftime("%Y").astype("str"))
    return serial, year.where(number.notna()).astype("str")


def _airline(declared: pd.DataFrame) -> pd.Series:
    """Return the airline's three digits of the master's or the shipment's air waybill number."""
    master, own = (declared[name].str.extract(_AIR_WAYBILL)[0] for name in ("master_id", "shipment_id"))
    return master.fillna(own).astype("str")


def _codes(listed: Listed, codes: dict[str, str]) -> tuple[pd.Series, pd.Series]:
    """Return the reason code of each row, and those of all that speaks for it."""
    by = listed.rows["selected_by"]
    families = listed.families.where(~by.isin(["random", "officer"]), by)
    families = families.where(families != "", "unstated")
    position, distinct = pd.factorize(families)
    told = [[codes.get(name, codes["unstated"]) for name in str(text).split(";")] for text in distinct]
    first = pd.Series([one[0] for one in told], dtype="str")
    every = pd.Series([";".join(dict.fromkeys(one)) for one in told], dtype="str")
    return tuple(c.take(position).set_axis(families.index) for c in (first, every))  # type: ignore[return-value]


def _first(table: pd.DataFrame, names: tuple[str, ...], template: Template) -> pd.Series:
    found = pd.Series(None, index=table.index, dtype="str")
    for name in names:
        if name in table:
            text = _text(table[name], template)
            found = found.fillna(text.where(text != ""))
    return found.fillna("")


# --- which rows, in what order ----------------------------------------------------------------


def _why_not(listed: Listed, table: pd.DataFrame, template: Template) -> pd.Series:
    """Return why each row cannot be handed over; empty where it can."""
    why = pd.Series("", index=table.index, dtype="str")

    def because(holds: pd.Series, reason: str) -> None:
        nonlocal why
        why = why.mask(holds & (why == ""), reason)

    because(table["shipment_id"].fillna("") == "", "no shipment_id")
    because(~listed.found, "neither its records nor the manifests given hold it")
    because(table["shipment_id"].duplicated(), "repeats an earlier row of the list")
    if template.addressee:
        because(table["addressee"] == "", f"nobody to ask: no {' or '.join(template.addressee)}")
    for names in template.required:
        because(~_any_of(table, names, template), f"no {' or '.join(names)}")
    return why


def _incomplete(table: pd.DataFrame, template: Template) -> pd.DataFrame:
    """Return shipments that lack what is expected, and what they lack."""
    lacks = pd.Series("", index=table.index, dtype="str")
    for names in template.expected:
        told = " or ".join(names)
        lacks = lacks.mask(~_any_of(table, names, template), lacks + np.where(lacks == "", told, ", " + told))
    frame = pd.DataFrame({"shipment_id": table["shipment_id"], "lacks": lacks})
    return frame[lacks != ""].reset_index(drop=True).astype("str")


def _any_of(table: pd.DataFrame, names: tuple[str, ...], template: Template) -> pd.Series:
    """Return which rows have a value in any of some columns."""
    have = pd.Series(False, index=table.index)
    for name in names:
        source = "container_ids" if name == "container_id" else name
        if source in table:
            have |= _text(table[source], template) != ""
    return have


def _apart(table: pd.DataFrame, template: Template) -> pd.DataFrame:
    """Return one row per container where the template wants that."""
    if template.per == "shipment":
        return table.assign(container_id=pd.Series(None, index=table.index, dtype="str"))
    members = table["container_ids"].str.split(";")
    apart = table.assign(container_id=members).explode("container_id")
    apart["container_id"] = apart["container_id"].astype("str")
    both = pd.MultiIndex.from_arrays([apart.index, apart["container_id"].fillna("")])
    return apart[~both.duplicated()]


def _ordered(table: pd.DataFrame, template: Template) -> pd.DataFrame:
    """Return rows in the order of the list; holds by addressee, since that order would tell the risk."""
    if template.to == "hold":
        by = ["addressee", "vessel_or_flight", "master_id", "shipment_id", "container_id"]
        table = table.sort_values(by, kind="stable", na_position="last")
    return table.reset_index(drop=True)


def _text(values: pd.Series, template: Template) -> pd.Series:
    """Return values as another system reads them: one line each, empty where there is none."""
    if values.dtype.kind == "M":
        local = values.dt.tz_localize("UTC").dt.tz_convert(template.time_zone)
        text = local.dt.strftime(template.time_format).astype("str")
    elif values.dtype.kind == "f":
        text = pd.Series([f"{v:.15g}" for v in values], index=values.index, dtype="str")
    elif values.dtype == "boolean":
        text = values.map({True: "true", False: "false"}).astype("str")
    else:
        text = values.astype("str").str.replace(_UNFIT, " ", regex=True).str.strip()
    return text.where(values.notna(), "").fillna("").astype("str")


# --- files --------------------------------------------------------------------------------------


def write(path: Path, frame: pd.DataFrame, template: Template, *, suffix: str) -> None:
    """Write rows as CSV or XML.

    Parameters
    ----------
    path : Path
        Written in place: pass a `risk.writing.Whole.part`.
    frame : DataFrame of str, shape (m, fields of the template)
    template : Template
    suffix : str
        One of `FORMATS`.

    Raises
    ------
    TemplateError
        A name that no XML element can have.
    """
    if suffix == ".xml":
        _xml(path, frame, template)
    else:
        safe = {name: guarded(c) for name, c in frame.items()} if template.guard else frame
        out = pd.DataFrame(safe, columns=frame.columns)
        with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
            out.to_csv(stream, index=False, sep=template.delimiter, lineterminator="\r\n")


def check_names(template: Template) -> None:
    """Check that every column can be an element of XML.

    Raises
    ------
    TemplateError
    """
    wrong = [f.element for f in template.fields if not is_xml_name(f.element)]
    if wrong:
        raise TemplateError(
            "\n".join(f"column {name!r}: no name of an XML element; give it element = …" for name in wrong)
        )


def _xml(path: Path, frame: pd.DataFrame, template: Template) -> None:
    from lxml import etree

    check_names(template)
    space = template.namespace

    def name(local: str) -> str:
        return f"{{{space}}}{local}" if space else local

    names = [name(f.element) for f in template.fields]
    cells = [frame[f.name].tolist() for f in template.fields]
    with etree.xmlfile(str(path), encoding="utf-8") as document:
        document.write_declaration()
        with document.element(name(template.root), nsmap={None: space} if space else None):
            document.write("\n")
            for row in zip(*cells, strict=True):
                element = etree.Element(name(template.row), nsmap={None: space} if space else None)
                for tag, text in zip(names, row, strict=True):
                    if text or not template.omit_empty:
                        etree.SubElement(element, tag).text = _for_xml(text) or None
                document.write("  ")
                document.write(element)
                document.write("\n")


def _for_xml(text: str) -> str:
    """Return text without what no XML document may hold."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "\ufffd", text)


def by_addressee(handover: Handover) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield addressee, file name without ending, and rows; names are our own, whatever was declared."""
    taken: set[str] = set()
    for addressee, rows in handover.frame.groupby(handover.addressee, sort=True):
        base, number = f"hold-{_name(str(addressee))}", 1
        name = base
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        yield str(addressee), name, rows


def _name(text: str) -> str:
    plain = unicodedata.normalize("NFC", text)
    return re.sub(r"[^\w]+", "-", plain).strip("-_").encode()[:_LONGEST_NAME].decode(errors="ignore") or "x"


def summary(reasons: pd.Series) -> dict[str, int]:
    """Return how often each reason is given, the most frequent first."""
    counts: Any = reasons.value_counts()
    return {str(reason): int(n) for reason, n in counts.items()}
