"""Results of inspections coming back: matched or listed, never made up, files in and out."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from features import manifest
from risk import histories, outcomes
from risk.commands import cli

GOLDEN = """\
shipment_id,part,inspected_at,inspection_type,outcome,outcome_status,permit_valid,selected_by,\
selection_probability,found_taxa,found_quantity,recorded_at,imported_at,version,superseded_at,matched_by,\
source_file,source_position
160-12345675,,2026-02-03T00:00:00.000000,scan,clean,,,,,,,2026-02-03T00:00:00.000000,\
2026-02-10T00:00:00.000000,1,,shipment_id,results.csv,row 4
B1,,2026-02-02T00:00:00.000000,full,clean,,,,,,,2026-02-02T00:00:00.000000,2026-02-10T00:00:00.000000,\
1,,shipment_id,results.csv,row 2
B2,,2026-02-02T09:00:00.000000,partial,live_animals,,,,,,12 tortoises,2026-02-02T09:00:00.000000,\
2026-02-10T00:00:00.000000,1,,declaration_id,results.csv,row 3
B3,,2026-02-04T00:00:00.000000,full,other_offence,,,,,,,2026-02-04T00:00:00.000000,\
2026-02-10T00:00:00.000000,1,,registration line+registration_number,results.csv,row 10
"""


UNMATCHED = """\
source_file,source_position,value,why,candidates
results.csv,row 7,container_ids CCCU1234567,ambiguous,B2;B3
results.csv,row 8,shipment_id B9,unknown,
results.csv,row 9,"shipment_id B2, declaration_id D1",contradictory,B2
results.csv,row 11,,no identifier,
results.csv,row 12,shipment_id B1,no time of inspection: 'soon'; expected a date or time \
whose day and month can be told apart (or dayfirst set in the mapping),
"""


def run(*words):
    return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")


def test_results_are_matched_or_listed_with_the_reason(place):
    out, left = place / "outcomes.csv", place / "left.csv"
    done = place.take_in(place.results(place.all_results), "--out", out, "--unmatched", left)
    assert done.exit_code == 0, done.output
    assert "Rows read: 11 = 4 matched + 2 not inspected + 5 not matched" in done.stdout
    assert "results.csv row 7: container_ids CCCU1234567: ambiguous (B2;B3)" in done.stdout
    assert out.read_text(encoding="utf-8") == GOLDEN
    assert left.read_text(encoding="utf-8") == UNMATCHED


def test_not_inspected_is_never_clean(place):
    out = place / "o.csv"
    rows = [
        "B1,,,,,2026-02-02,,OK,0,,\n",  # released without an inspection
        "B2,,,,,,,OK,1,100,\n",  # no time
        "B3,,,,,2026-02-02,,,1,100,\n",  # no result
        "B3,,,,,2026-02-02,,NI,1,100,\n",
        place.row("160-12345675", "2026-02-02", "OK"),
    ]
    done = place.take_in(place.results(*rows), "--out", out)
    assert "Rows read: 5 = 1 matched + 4 not inspected + 0 not matched" in done.stdout
    assert histories.read_outcomes(out)["shipment_id"].tolist() == ["160-12345675"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("B1,,,,,2026-02-02,,MAYBE,1,100,\n", "MAYBE"),
        ("B1,,,,,2026-02-02,,OK,7,100,\n", "'7'"),
        ("B8,,,,,2026-02-02,,OK,1,100,\n", "no result belongs to a shipment"),
        ("", "rows below the header"),
    ],
)
def test_unknown_words_are_asked_for_and_nothing_is_written(place, rows, said):
    file = place.results(*([rows] if rows else []))
    file.write_text(f"{place.header}\n{rows}", encoding="utf-8")
    before = place.files()
    done = place.take_in(file, "--out", place / "o.csv")
    assert done.exit_code == 2
    assert said in done.output
    assert place.files() == before


def test_words_without_a_mapping_must_be_known(place):
    text = "shipment_id,inspected_at,outcome\nB1,2026-02-02,not inspected\nB2,2026-02-02,clean\n"
    (place / "plain.csv").write_text(text, encoding="utf-8")
    call = ("import-outcomes", place / "plain.csv", "--manifest", place / "day.csv", "--out", place / "o.csv")
    done = place.run(*call)
    assert done.exit_code == 2
    assert "outcome 'not inspected' in 1 rows" in done.output
    assert 'column = "outcome", map = { "not inspected" = … }' in done.output
    assert "values.outcome]" in done.output.replace("\n", "")
    (place / "plain.csv").write_text("shipment_id,found_taxa\nB1,x\n", encoding="utf-8")
    done = place.run(*call)
    assert "no column gives outcome" in done.output
    assert "no column gives inspected_at" in done.output
    assert "the columns are shipment_id, found_taxa" in done.output


def test_outcomes_that_are_there_are_never_overwritten(place):
    out, file = place / "o.csv", place.results(place.all_results)
    out.write_text("precious", encoding="utf-8")
    done = place.take_in(file, "--out", out)
    assert done.exit_code == 2
    assert "add to it with --into" in done.output
    damaged = place.take_in(file, "--into", out)
    assert damaged.exit_code == 2
    assert out.read_text(encoding="utf-8") == "precious"
    (place / "old.csv").write_text(
        "shipment_id,outcome,inspected_at\nX,clean,2026-01-01\n,clean,2026-01-01\nY,what,2026-01-01\n",
        encoding="utf-8",
    )
    done = place.take_in(file, "--into", place / "old.csv", "--out", place / "new.csv")
    assert done.exit_code == 2
    assert "row 3: no shipment_id" in done.output
    assert "row 4: outcome 'what'" in done.output


def test_a_plain_table_of_outcomes_is_taken_over(place):
    (place / "old.csv").write_text(
        "shipment_id,outcome,inspected_at\nB1,clean,2026-02-01\nOLD,live_animals,2020-01-01\n",
        encoding="utf-8",
    )
    file = place.results(place.row("B1", "2026-02-02", "LIVE"))
    done = place.take_in(file, "--into", place / "old.csv", "--out", place / "new.csv")
    assert done.exit_code == 0, done.output
    kept = outcomes.read(place / "new.csv")
    assert kept["shipment_id"].tolist() == ["B1", "B1", "OLD"]
    stands = histories.read_outcomes(place / "new.csv").set_index("shipment_id")["outcome"]
    assert stands.to_dict() == {"B1": "live_animals", "OLD": "live_animals"}


def test_a_list_says_who_chose_and_with_what_probability(bundle_dir, port, tmp_path):
    table = port(60, seed=5).drop(columns=["inspected_at", "inspection_type", "outcome"])
    table["declaration_id"] = ("D" + table["shipment_id"]).astype("str")
    table.to_parquet(tmp_path / "day.parquet")
    out = tmp_path / "list.csv"
    call = ("score", tmp_path / "day.parquet", "--model", bundle_dir, "--out", out, "--now", "2026-01-01")
    assert run(*call, "--capacity", "10", "--seed", "0").exit_code == 0
    frame = pd.read_csv(out, keep_default_na=False)
    seen = frame.iloc[:15]
    text = "".join(f"D{i},2026-01-20,clean,full\n" for i in seen["shipment_id"])
    (tmp_path / "r.csv").write_text(f"declaration_id,inspected_at,outcome,inspection_type\n{text}")
    (tmp_path / "m.toml").write_text(
        "[columns]\nshipment_id = { row_number = true }\n"
        + "".join(f'{n} = "{n}"\n' for n in ("declaration_id", "inspected_at", "outcome", "inspection_type")),
        encoding="utf-8",
    )
    call = ("import-outcomes", tmp_path / "r.csv", "--mapping", tmp_path / "m.toml", "--list", out)
    done = run(*call, "--out", tmp_path / "o.csv", "--now", "2026-02-01")
    assert done.exit_code == 0, done.output
    kept = outcomes.read(tmp_path / "o.csv").set_index("shipment_id")
    for line in seen.to_dict("records"):
        one = kept.loc[line["shipment_id"]]
        if line["selected_by"]:
            assert one["selected_by"] == line["selected_by"]
            assert one["selection_probability"] == pytest.approx(line["selection_probability"])
        else:
            assert pd.isna(one["selected_by"])
    manifest_only = run(
        *call[:4], "--manifest", tmp_path / "day.parquet", "--into", tmp_path / "o.csv", "--now", "2026-02-02"
    )
    assert "15 known already" in manifest_only.stdout


def test_hostile_files_end_in_words(place):
    for name, content in (
        ("a.csv", b""),
        ("b.csv", b"\x00" * 100),
        ("c.csv", b"%PDF-1.4"),
        ("d.csv", b'<?xml version="1.0"?><a/>'),
        ("e.csv", place.header.encode() + b'\n"never closed,1\n'),
    ):
        (place / name).write_bytes(content)
        done = place.take_in(place / name, "--out", place / "o.csv")
        assert done.exit_code == 2, (name, done.output)
        assert "fault in the program" not in done.output
        assert not (place / "o.csv").exists()


def test_the_example_of_the_documents_is_a_mapping():
    text = (Path(__file__).parents[3] / "docs/way_back.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    mapping = manifest.parse_mapping(example)
    assert mapping.values["outcome"].map["NI"] == ""
    assert len(mapping.values["inspection_type"].when) == 2


def test_dates_that_read_both_ways_are_asked_about(place):
    done = place.take_in(place.results(place.row("B1", "03/02/2026", "OK")), "--out", place / "o.csv")
    assert done.exit_code == 2
    assert "'03/02/2026'; expected a date or time whose day and month can be told apart" in done.output
    toml = (place / "port.toml").read_text(encoding="utf-8")
    (place / "port.toml").write_text(f"{toml}[read]\ndayfirst = true\n", encoding="utf-8")
    assert place.take_in(place / "results.csv", "--out", place / "o.csv").exit_code == 0
    assert outcomes.read(place / "o.csv")["inspected_at"].tolist() == [pd.Timestamp("2026-02-03")]


def test_a_declaration_of_several_bills_is_no_single_shipment(place):
    """What was found under it is in one of them, and which is not guessed."""
    day = (place / "day.csv").read_text(encoding="utf-8").replace("B2,M1,D2", "B2,M1,D1")
    (place / "day.csv").write_text(day, encoding="utf-8")
    rows = [place.row("", "2026-02-02", "LIVE", declaration="D1")]
    rows.append(place.row("B2", "2026-02-02", "LIVE", declaration="D1"))
    done = place.take_in(place.results(*rows), "--out", place / "o.csv")
    assert "1 ambiguous: several shipments share" in done.stdout
    assert "declaration_id D1: ambiguous (B1;B2)" in done.stdout
    assert outcomes.read(place / "o.csv")["shipment_id"].tolist() == ["B2"]


def test_results_dated_before_the_shipment_are_listed(place):
    rows = [place.row("B1", "2026-01-02", "LIVE"), place.row("B2", "2026-02-02", "OK")]
    done = place.take_in(place.results(*rows), "--out", place / "o.csv")
    assert "another time: inspected before the shipment was known" in " ".join(done.stdout.split())
    assert outcomes.read(place / "o.csv")["shipment_id"].tolist() == ["B2"]


CODINGS = {
    # Codes of control results of the common transit procedure: A2 says that nobody looked.
    "transit": (
        "MRN;CODE;WHEN\nD1;A1;20260202\nD2;A2;20260202\nD4;B1;20260203\n",
        """
[columns]
shipment_id = { row_number = true }
declaration_id = "MRN"
inspected_at = "WHEN"
[values.outcome]
column = "CODE"
map = { A1 = "clean", A2 = "", B1 = "other_offence" }
""",
        {"B1": ("clean", None), "160-12345675": ("other_offence", None)},
    ),
    "acts": (
        "Bureau;Série;Numéro;Visite;Étendue;Date visite;Résultat\n"
        ";D;1;Physique;100 %;02/02/2026 14:10;Conforme\n"
        ";D;2;Physique;10 %;13/02/2026;Infraction - faune vivante\n"
        ";D;4;Documentaire;;03/02/2026;Conforme\n",
        """
[columns]
shipment_id = { row_number = true }
declaration_id = ["Série", "Numéro"]
inspected_at = "Date visite"
[values.outcome]
column = "Résultat"
map = { Conforme = "clean", "Infraction - faune vivante" = "live_animals" }
[values.inspection_type]
column = "Visite"
map = { Documentaire = "documents" }
[[values.inspection_type.when]]
Visite = "Physique"
"Étendue" = "100 %"
value = "full"
[[values.inspection_type.when]]
Visite = "Physique"
value = "partial"
""",
        {
            "B1": ("clean", "full"),
            "B2": ("live_animals", "partial"),
            "160-12345675": ("clean", "documents"),
        },
    ),
    "chinese": (
        "提单号,查验时间,查验方式,查验结果\nB1,2026年2月2日,机检,正常\nb-2,2026-02-03 10:00,人工,查获\n",
        """
[columns]
shipment_id = "提单号"
inspected_at = "查验时间"
[values.outcome]
column = "查验结果"
map = { "正常" = "clean", "查获" = "wildlife_products" }
[values.inspection_type]
column = "查验方式"
map = { "机检" = "scan", "人工" = "full" }
""",
        {"B1": ("clean", "scan"), "B2": ("wildlife_products", "full")},
    ),
}


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("transit", "utf-8"), ("acts", "cp1252"), ("acts", "utf-16"), ("chinese", "gb18030")],
)
def test_results_in_the_words_of_other_systems(place, name, encoding):
    text, mapping, expected = CODINGS[name]
    (place / "r.csv").write_bytes(text.encode(encoding))
    (place / "port.toml").write_text(mapping, encoding="utf-8")
    done = place.take_in(place / "r.csv", "--out", place / "o.csv", now="2026-02-20")
    assert done.exit_code == 0, done.output
    kept = histories.read_outcomes(place / "o.csv").set_index("shipment_id")
    found = {
        i: (r["outcome"], None if pd.isna(r["inspection_type"]) else r["inspection_type"])
        for i, r in kept.iterrows()
    }
    assert found == expected


def test_a_workbook_of_results_by_container(place):
    rows = pd.DataFrame({"BILL": ["", ""], "CTN": ["AAAU 1234567", "BBBU1234567"]})
    rows["DONE"] = pd.to_datetime(["2026-02-02 09:00", "2026-02-02 10:00"])
    rows = rows.assign(DECL="", REG="", LINE="", UPDATED="", TYPE=1, EXTENT=100, REMARK=-3)
    rows.assign(RESULT=["OK", "LIVE"]).to_excel(place / "r.xlsx", index=False)
    done = place.take_in(place / "r.xlsx", "--out", place / "o.csv")
    assert done.exit_code == 0, done.output
    stands = histories.read_outcomes(place / "o.csv")
    assert stands[["shipment_id", "outcome", "inspection_type"]].values.tolist() == [
        ["B1", "live_animals", "full"]
    ]


def test_hostile_cells_cost_their_value_and_never_the_rest(place):
    long = "x" * 1_000_000
    rows = [
        place.row("B1", "2026-02-02", "LIVE", remark='"=HYPERLINK(""http://x"")"'),
        place.row("B2", "2026-02-02", "OK", remark=long),
        place.row(long, "2026-02-02", "LIVE"),
        place.row("=1+1", "2026-02-02", "LIVE"),
        place.row("160-12345675", "2026-02-02", "WLP"),  # a find without a species
    ]
    left = place / "left.csv"
    done = place.take_in(place.results(*rows), "--out", place / "o.csv", "--unmatched", left)
    assert done.exit_code == 0, done.output
    assert "5 = 3 matched + 0 not inspected + 2 not matched" in done.stdout
    assert len(done.stdout) < 10_000
    kept = outcomes.read(place / "o.csv").set_index("shipment_id")
    assert kept.loc["B1", "found_quantity"] == '=HYPERLINK("http://x")'
    assert kept["found_quantity"].str.len().max() <= 10_000
    assert pd.isna(kept.loc["160-12345675", "found_taxa"])
    assert not any(c.startswith("=") for c in pd.read_csv(left, dtype=str)["value"])
