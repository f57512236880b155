"""Handing a list over: what goes out, what is left out, what is never told, and hostile values."""

import csv
import io
import tomllib

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from features.manifest import schema
from features.registry import FAMILIES
from risk import handover, listed, template
from risk.commands import cli

NOW = pd.Timestamp("2026-02-01")
LIST_COLUMNS = ("rank", "shipment_id", "risk", "selected_by", "reason_1", "model_id", "list_id")

DAY = pd.DataFrame(
    [
        ("B1", "sea", "HKHKG", "2026 1188", "7", "AAAU1234567;BBBU1234567", "D1", "SHED 2", "", ""),
        ("160-12345675", "air", "HKHKG", "", "8", "", "D2", "", "160-99999999", "2026-02-02T05:00:00"),
        ("B3", "sea", "HKHKG", "", "9", "CCCU1234567", "", "SHED 2", "", ""),
        ("B4", "sea", "THBKK", "88/2025", "", "", "", "", "MB4", "2026-02-03T00:00:00"),
    ],
    columns=[
        "shipment_id", "mode", "customs_office", "registration_number", "line_number", "container_ids",
        "declaration_id", "location", "master_id", "available_until",
    ],
).assign(known_at="2026-01-30T00:00:00", arrives_at="2026-02-01T10:00:00")  # fmt: skip


def run(*words):
    return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")


def list_of(ids, chosen=None):
    chosen = ["model"] * len(ids) if chosen is None else chosen
    rows = [
        (n, i, 0.5 / n, by, "a reason", "m", "l")
        for n, (i, by) in enumerate(zip(ids, chosen, strict=True), 1)
    ]
    return pd.DataFrame(rows, columns=LIST_COLUMNS)


@pytest.fixture
def day(tmp_path):
    """A list of four chosen shipments and one that nobody chose, and the day's manifest."""
    list_of(["B4", "B1", "160-12345675", "B3", "B5"], ["model", "model", "random", "model", ""]).to_csv(
        tmp_path / "list.csv", index=False
    )
    DAY.to_csv(tmp_path / "day.csv", index=False)
    return tmp_path


def export(day, to, out, *words):
    call = ("export", day / "list.csv", "--to", to, "--manifest", day / "day.csv", "--out", day / out)
    return run(*call, "--now", "2026-02-01", *words)


GOLDEN_CSV = """\
CUSTOMS_OFFICE,REGISTRATION_NUMBER,REGISTRATION_YEAR,BILL,LINE,CONTAINER,DECLARATION,ACTION,REASON_CODE,EXPIRES
THBKK,88,2025,B4,,,,INSPECT,W99,2026-02-03T00:00:00Z
HKHKG,1188,2026,B1,7,AAAU1234567,D1,INSPECT,W99,2026-02-04T10:00:00Z
HKHKG,1188,2026,B1,7,BBBU1234567,D1,INSPECT,W99,2026-02-04T10:00:00Z
HKHKG,,,160-12345675,8,,D2,INSPECT,W90,2026-02-02T05:00:00Z
HKHKG,,,B3,9,CCCU1234567,,INSPECT,W99,2026-02-04T10:00:00Z
"""
#: A port whose system finds nothing by its bill.
STRICT_PORT = template.shipped("selectivity").replace(
    'required = ["shipment_id"]', 'required = ["shipment_id", ["registration_number", "declaration_id"]]'
)
GOLDEN_XML = """\
<?xml version='1.0' encoding='utf-8'?>
<holds>
  <hold><ADDRESSEE>160</ADDRESSEE><MASTER>160-99999999</MASTER><BILL>160-12345675</BILL><CONTAINER/>\
<CONVEYANCE/><PACKAGES/><HOLD_UNTIL>2026-02-02 05:00</HOLD_UNTIL></hold>
  <hold><ADDRESSEE>SHED 2</ADDRESSEE><MASTER/><BILL>B1</BILL><CONTAINER>AAAU1234567</CONTAINER>\
<CONVEYANCE/><PACKAGES/><HOLD_UNTIL>2026-02-04 10:00</HOLD_UNTIL></hold>
  <hold><ADDRESSEE>SHED 2</ADDRESSEE><MASTER/><BILL>B1</BILL><CONTAINER>BBBU1234567</CONTAINER>\
<CONVEYANCE/><PACKAGES/><HOLD_UNTIL>2026-02-04 10:00</HOLD_UNTIL></hold>
  <hold><ADDRESSEE>SHED 2</ADDRESSEE><MASTER/><BILL>B3</BILL><CONTAINER>CCCU1234567</CONTAINER>\
<CONVEYANCE/><PACKAGES/><HOLD_UNTIL>2026-02-04 10:00</HOLD_UNTIL></hold>
</holds>
"""


def test_a_list_for_the_selectivity(day):
    done = export(day, "selectivity", "s.csv", "--left-out", day / "left.csv")
    assert done.exit_code == 0, done.output
    assert (day / "s.csv").read_bytes().decode() == GOLDEN_CSV.replace("\n", "\r\n")
    assert "On the list: 5 = 4 handed over + 0 left out + 1 not chosen" in done.stdout
    said = " ".join(done.stdout.split())
    assert "1 handed over without registration_number or declaration_id: B3." in said
    assert "Export again with --manifest FILE" in said
    assert len(pd.read_csv(day / "left.csv")) == 0


def test_a_port_that_needs_a_registration_leaves_out_what_has_none(day):
    (day / "t.toml").write_text(STRICT_PORT, encoding="utf-8")
    done = export(day, "selectivity", "s.csv", "--left-out", day / "left.csv", "--template", day / "t.toml")
    assert done.exit_code == 0, done.output
    assert "On the list: 5 = 3 handed over + 1 left out + 1 not chosen" in done.stdout
    assert "B3: no registration_number or declaration_id" in done.stdout
    assert "added with --manifest FILE" in done.stdout
    left = pd.read_csv(day / "left.csv")
    assert left.to_dict("records") == [
        {"shipment_id": "B3", "reason": "no registration_number or declaration_id"}
    ]
    # Customs has registered it since.
    DAY.assign(
        registration_number=DAY["registration_number"].where(DAY["shipment_id"] != "B3", "9/2026")
    ).to_csv(day / "day.csv", index=False)
    done = export(day, "selectivity", "s.csv", "--template", day / "t.toml", "--strict")
    assert done.exit_code == 0, done.output
    assert "4 handed over + 0 left out" in done.stdout


def test_holds_say_neither_risk_nor_reason_nor_rank(day):
    done = export(day, "hold", "h.xml")
    assert done.exit_code == 0, done.output
    assert (day / "h.xml").read_text(encoding="utf-8") == GOLDEN_XML.rstrip("\n")
    assert "B4: nobody to ask: no location or airline or carrier_name" in done.stdout


def test_one_file_for_each_who_is_asked(day):
    done = export(day, "hold", "holds", "--each", "csv")
    assert done.exit_code == 0, done.output
    assert sorted(p.name for p in (day / "holds").iterdir()) == ["hold-160.csv", "hold-SHED-2.csv"]
    rows = list(csv.DictReader((day / "holds/hold-SHED-2.csv").open(encoding="utf-8", newline="")))
    assert {row["ADDRESSEE"] for row in rows} == {"SHED 2"}
    assert [row["BILL"] for row in rows] == ["B1", "B1", "B3"]
    again = export(day, "hold", "holds", "--each", "csv")
    assert again.exit_code == 2
    assert "is there already" in again.output


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_what_is_scored_goes_out_with_the_family_that_led(bundle_dir, port, tmp_path, form):
    from risk.engine import Engine

    table = port(60, seed=5).drop(columns=["inspected_at", "inspection_type", "outcome"])
    table["declaration_id"] = "D" + table["shipment_id"]
    table["location"] = pd.Series(["SHED"] * 60, dtype="str")
    table.loc[::2, "shipment_id"] = "-" + table.loc[::2, "shipment_id"]  # guarded in a CSV
    table.to_parquet(tmp_path / "day.parquet")
    out = tmp_path / f"list.{form}"
    call = ("score", tmp_path / "day.parquet", "--model", bundle_dir, "--out", out, "--now", "2026-02-01")
    assert run(*call, "--capacity", "10", "--seed", "0").exit_code == 0
    done = run("export", out, "--to", "selectivity", "--out", tmp_path / "s.xml", "--now", "2026-02-01")
    assert done.exit_code == 0, done.output
    assert "60 = 10 handed over + 0 left out + 50 not chosen" in done.stdout
    rows = [{c.tag: c.text for c in row} for row in etree.parse(str(tmp_path / "s.xml")).getroot()]
    assert [row["DECLARATION"] for row in rows] == ["D" + row["BILL"].lstrip("-") for row in rows]
    scored = Engine.load(bundle_dir).score(pd.read_parquet(tmp_path / "day.parquet"))
    place = {name: i for i, name in enumerate(scored.frame["shipment_id"])}
    reasons = scored.reasons
    codes = template.load(None, "selectivity").codes
    by = listed.read(out)[0].query("selected_by != ''")["selected_by"].tolist()
    for row, chosen in zip(rows, by, strict=True):
        first = reasons.top(4)[place[row["BILL"]]][0]
        expected = codes["random"] if chosen == "random" else codes[reasons.families[first]]
        assert row["REASON_CODE"] == expected
    assert codes["random"] in {row["REASON_CODE"] for row in rows}


def test_everything_goes_out_when_asked_for_and_then_only(day):
    list_of(["B1", "B4"], ["", ""]).to_csv(day / "list.csv", index=False)
    refused = export(day, "selectivity", "s.csv")
    assert refused.exit_code == 2
    assert "nothing on it is chosen" in refused.output
    done = export(day, "selectivity", "s.csv", "--all")
    assert "On the list: 2 = 2 handed over + 0 left out" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--strict", "--template", "strict.toml"), "--strict was asked for"),
        (("--out", "none/s.csv"), "no such folder"),
        (("--out", "s.xlsx"), "unknown kind of file"),
        (("--each", "csv"), "--each is for --to hold"),
        (("--template", "list.csv"), "expected TOML"),
        (("--records", "list.csv"), "not a file of score records"),
        (("--hours", "0"), "--hours"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(day, monkeypatch, words, said):
    monkeypatch.chdir(day)
    (day / "strict.toml").write_text(STRICT_PORT, encoding="utf-8")
    before = sorted(day.iterdir())
    done = export(day, "selectivity", "s.csv", *words)
    assert done.exit_code == 2
    assert said in done.output
    assert sorted(day.iterdir()) == before


def test_a_manifest_is_no_list_and_records_of_another_run_are_refused(bundle_dir, day_file, tmp_path):
    wrong = run("export", day_file, "--to", "hold", "--out", tmp_path / "h.csv")
    assert wrong.exit_code == 2
    assert "not a list of `wildcargo score`" in wrong.output
    out = tmp_path / "list.csv"
    call = ("score", day_file, "--model", bundle_dir, "--out", out, "--capacity", "5", "--now", "2026-02-01")
    assert run(*call).exit_code == 0
    frame = pd.read_csv(out, dtype=str, keep_default_na=False).assign(model_id="other")
    frame.to_csv(out, index=False)
    done = run("export", out, "--to", "hold", "--out", tmp_path / "h.csv")
    assert done.exit_code == 2
    assert "records of another run" in done.output


def test_nothing_that_can_be_handed_over_is_an_error(day):
    DAY.drop(columns=["registration_number", "declaration_id"]).to_csv(day / "day.csv", index=False)
    (day / "t.toml").write_text(STRICT_PORT, encoding="utf-8")
    done = export(day, "selectivity", "s.csv", "--template", day / "t.toml")
    assert done.exit_code == 2
    assert "4 left out: no registration_number or declaration_id" in done.output
    assert not (day / "s.csv").exists()


# --- templates ---------------------------------------------------------------------------------


def test_the_shipped_templates_are_whole_and_what_is_shown(tmp_path):
    for to in template.TARGETS:
        shown = run("export", "--to", to, "--show-template")
        assert shown.stdout == template.shipped(to)
        assert template.parse(shown.stdout, to).fields


def test_reason_codes_are_stable():
    codes = template.load(None, "selectivity").codes
    assert codes == {
        "goods": "W01", "words": "W02", "route": "W03", "quantity": "W04", "party": "W05", "record": "W06",
        "documents": "W07", "equipment": "W08", "siblings": "W09", "timing": "W10", "local": "W11",
        "random": "W90", "officer": "W91", "unstated": "W99",
    }  # fmt: skip
    assert set(FAMILIES) <= set(codes)
    assert len(set(codes.values())) == len(codes)


@pytest.mark.parametrize("name", [*template.CONFIDENTIAL, "reason_1", "reason_4"])
@pytest.mark.parametrize("where", ["columns", "required", "expected", "addressee"])
def test_a_hold_list_can_never_say_why(name, where):
    text = {
        "columns": f'[[columns]]\nname = "X"\nfrom = "{name}"',
        "required": f'required = ["{name}"]\n[[columns]]\nname = "B"\nfrom = "shipment_id"',
        "expected": f'expected = ["{name}"]\n[[columns]]\nname = "B"\nfrom = "shipment_id"',
        "addressee": f'addressee = "{name}"\n[[columns]]\nname = "B"\nfrom = "shipment_id"',
    }[where]
    with pytest.raises(template.TemplateError, match="not told why"):
        template.parse(text, "hold")


def test_a_template_lists_all_that_is_wrong():
    text = """
to = "hold"
per = "pallet"
hours = -1
colour = "red"
required = ["nothing"]
expected = ["outcome"]
[times]
format = "none"
zone = "Mars/Olympus"
[csv]
delimiter = "ab"
[xml]
root = "xml 1"
[reason_codes]
goods = ""
luck = "L"
[[columns]]
name = "A"
from = "shipment_id"
value = "both"
[[columns]]
name = "B"
from = "outcome"
[[columns]]
name = "B"
value = "1"
[[columns]]
name = "B"
value = "2"
"""
    with pytest.raises(template.TemplateError) as caught:
        template.parse(text, "selectivity")
    said = str(caught.value)
    where_wrong = (
        *("to", "per", "hours", "colour", "required 'nothing'", "expected 'outcome'", "format", "zone"),
        *("delimiter", "root", "reason_codes.goods", "reason_codes.luck", "column 1"),
        *("column 2.from 'outcome'", "columns: name B"),
    )
    for where in where_wrong:
        assert f": {where}: expected" in said, where


@given(st.text(max_size=200))
def test_any_text_is_a_template_or_is_refused_in_words(text):
    said = ""
    try:
        template.parse(text, "selectivity")
    except template.TemplateError as error:
        said = str(error)
    assert "expected" in said  # none of these has columns


_VALUES = st.one_of(st.text(max_size=9), st.integers(-2, 9), st.booleans(), st.none(), st.lists(st.text()))


@given(st.dictionaries(st.sampled_from([*template._SECTIONS, "x"]), _VALUES, max_size=6))
def test_any_document_is_a_template_or_is_refused_in_words(document):
    checker = template._Checker("t", "hold")
    checker.template(document)
    assert checker.problems  # none of these has columns


def test_names_that_are_no_xml_need_an_element(day):
    text = '[[columns]]\nname = "Bill no."\nfrom = "shipment_id"\n'
    (day / "t.toml").write_text(text, encoding="utf-8")
    assert export(day, "selectivity", "s.csv", "--template", day / "t.toml").exit_code == 0
    done = export(day, "selectivity", "s.xml", "--template", day / "t.toml")
    assert done.exit_code == 2
    assert "give it element" in done.output
    (day / "t.toml").write_text(text + 'element = "Bill"\n', encoding="utf-8")
    assert export(day, "selectivity", "s.xml", "--template", day / "t.toml").exit_code == 0
    assert etree.parse(str(day / "s.xml")).findtext("row/Bill") == "B4"


def test_a_port_names_and_orders_its_columns(day):
    (day / "t.toml").write_text(
        'per = "shipment"\nhours = 6\n[times]\nformat = "%d.%m.%Y %H:%M"\nzone = "Asia/Hong_Kong"\n'
        '[csv]\ndelimiter = ";"\n'
        '[[columns]]\nname = "Until"\nfrom = "expires_at"\n'
        '[[columns]]\nname = "Boxes"\nfrom = "container_ids"\n'
        '[[columns]]\nname = "Rank"\nfrom = "rank"\n',
        encoding="utf-8",
    )
    assert export(day, "selectivity", "s.csv", "--template", day / "t.toml").exit_code == 0
    assert (day / "s.csv").read_text(encoding="utf-8").splitlines()[:3] == [
        "Until;Boxes;Rank",
        "03.02.2026 08:00;;1",
        '02.02.2026 00:00;"AAAU1234567;BBBU1234567";2',
    ]


def test_a_column_the_list_does_not_have_is_named(day):
    (day / "t.toml").write_text('[[columns]]\nname = "R"\nfrom = "reason_9"\n', encoding="utf-8")
    done = export(day, "selectivity", "s.csv", "--template", day / "t.toml")
    assert done.exit_code == 2
    assert "no column reason_9" in done.output


# --- hostile values ------------------------------------------------------------------------------

HOSTILE = [
    '=HYPERLINK("http://x")', "+1", "-2", "@SUM(A1)", "a]]><b/>&amp;", "<script>", "ปลา 鱼 🐍 سمك", '"; DROP',
    "line one\nline two", "../../etc/passwd", "CON", "\x00\x1b[31mred", "\ufffe", "\u202egnp", "x" * 5000,
]  # fmt: skip


def make(ids, table, chosen=None):
    """The list and its declared rows, without files."""
    rows = list_of(ids, chosen).astype("str")
    return listed.take_up(rows, manifest=schema.complete(table))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values_are_neither_formulas_nor_markup_nor_paths(tmp_path, text):
    table = pd.DataFrame({name: pd.Series([text], dtype="str") for name in ("location", "vessel_or_flight")})
    table["shipment_id"] = pd.Series(["B1"], dtype="str")
    form = template.load(None, "hold")
    found = handover.hand_over(make(["B1"], table), form, NOW)
    if not found.shipments:
        assert found.left_out["reason"].str.startswith("nobody to ask").all()
        return
    handover.write(tmp_path / "h.xml", found.frame, form, suffix=".xml")
    handover.write(tmp_path / "h.csv", found.frame, form, suffix=".csv")
    row = etree.parse(str(tmp_path / "h.xml")).getroot()[0]
    cell = row.findtext("ADDRESSEE")
    assert [child.tag for child in row] == [f.name for f in form.fields]
    read = next(iter(csv.DictReader((tmp_path / "h.csv").open(encoding="utf-8", newline=""))))["ADDRESSEE"]
    assert read in (cell, "'" + cell)
    assert read.lstrip(" ")[0] not in "=+-@\t\r\n"
    assert not any(c in cell for c in "\n\x00\x1b\u202e")
    ((addressee, name, _),) = handover.by_addressee(found)
    assert addressee == cell
    assert name.startswith("hold-")
    assert not set(name) & set("/\\:.\0\n")
    assert len(name.encode()) < 80


def test_names_of_files_never_meet():
    table = pd.DataFrame({"location": pd.Series(["Shed/1", "shed-1", "SHED 1", "shed 1"], dtype="str")})
    table["shipment_id"] = pd.Series(list("ABCD"), dtype="str")
    found = handover.hand_over(make(list("ABCD"), table), template.load(None, "hold"), NOW)
    names = [name.casefold() for _, name, _ in handover.by_addressee(found)]
    assert len(set(names)) == 4


_ID = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)
_ROW = st.tuples(
    _ID,
    st.sampled_from(["model", "random", ""]),
    st.none() | st.text(max_size=6),
    st.none() | st.sampled_from(["A1", "A1;B2", "A1;A1", ";"]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=8), st.sampled_from(template.TARGETS))
def test_every_row_of_the_list_goes_out_or_is_left_out_for_a_reason(rows, to):
    ids = [row[0] for row in rows]
    frame = list_of(ids, [row[1] for row in rows]).astype("str")
    table = pd.DataFrame(
        {
            "shipment_id": pd.Series(ids[::2], dtype="str"),
            "declaration_id": pd.Series([row[2] for row in rows[::2]], dtype="str"),
            "location": pd.Series([row[2] for row in rows[::2]], dtype="str"),
            "container_ids": pd.Series([row[3] for row in rows[::2]], dtype="str"),
        }
    )
    wanted = frame[handover.chosen(frame)]
    taken = listed.take_up(wanted, manifest=schema.complete(table), broken=[("row 9", "too many cells")])
    found = handover.hand_over(taken, template.load(None, to), NOW, not_chosen=len(frame) - len(wanted))
    assert found.listed == len(frame) + 1 == found.not_chosen + found.shipments + len(found.left_out)
    assert (found.left_out["reason"] != "").all()
    assert found.frame["BILL"].nunique() == found.shipments
    assert (found.frame["BILL"] != "").all()


def test_a_choice_ends_when_the_goods_leave_or_so_long_after_they_arrive():
    times = {
        "available_until": ["2026-02-01T05:00", "2026-01-31T05:00", None, None],
        "arrives_at": ["2026-02-01T04:00", "2026-02-03T00:00", "2026-01-30T00:00", None],
    }
    table = pd.DataFrame({name: pd.to_datetime(values) for name, values in times.items()})
    ends = handover.expiry(table, NOW, 24.0)
    expected = ["2026-02-01T05:00", "2026-02-04", "2026-02-02", "2026-02-02"]
    assert ends.tolist() == [pd.Timestamp(t) for t in expected]


def test_the_same_call_gives_the_same_bytes_and_a_list_saved_by_a_spreadsheet_reads_alike(day):
    assert export(day, "selectivity", "a.csv").exit_code == 0
    frame = pd.read_csv(day / "list.csv", dtype=str, keep_default_na=False)
    text = io.StringIO()
    frame.to_csv(text, index=False, sep=";", lineterminator="\r\n")
    (day / "list.csv").write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    assert export(day, "selectivity", "b.csv").exit_code == 0
    assert (day / "a.csv").read_bytes() == (day / "b.csv").read_bytes()


def test_templates_say_nothing_twice():
    for to in template.TARGETS:
        document = tomllib.loads(template.shipped(to))
        assert document["to"] == to
        assert set(document) <= set(template._SECTIONS)
