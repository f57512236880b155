"""A day's manifest and its port's results, and the command that takes them in."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from features import manifest
from features.manifest.results import read_results
from risk.commands import cli

NOW = "2026-02-10"

DAY = """\
shipment_id,master_id,declaration_id,registration_number,line_number,container_ids,known_at,arrives_at
B1,M1,D1,2026 7,1,AAAU1234567;BBBU1234567,2026-01-30,2026-02-01
B2,M1,D2,2026 7,2,CCCU1234567,2026-01-30,2026-02-01
B3,M2,,2026 7,3,CCCU1234567,2026-01-30,2026-02-01
160-12345675,,D4,,,,2026-01-30,2026-02-01
B5,M5,D5,2026 8,1,CCCU1234567,2025-08-01,2025-08-02
"""
MAPPING = """\
[columns]
shipment_id = "BILL"
declaration_id = "DECL"
container_ids = "CTN"
registration_number = "REG"
line_number = "LINE"
inspected_at = "DONE"
known_at = "UPDATED"
found_quantity = "REMARK"
[values.outcome]
column = "RESULT"
map = { OK = "clean", LIVE = "live_animals", WLP = "wildlife_products", OTH = "other_offence", NI = "" }
[values.inspection_type]
column = "TYPE"
map = { 2 = "scan", 0 = "" }
[[values.inspection_type.when]]
TYPE = "1"
EXTENT = "100"
value = "full"
[[values.inspection_type.when]]
TYPE = "1"
value = "partial"
"""
HEADER = "BILL,DECL,CTN,REG,LINE,DONE,UPDATED,RESULT,TYPE,EXTENT,REMARK"
RESULTS = """\
B1,,,,,2026-02-02,,OK,1,100,
,D2,,,,2026-02-02T09:00,,LIVE,1,10,12 tortoises
160 12345675,,,,,2026-02-03,,OK,2,,
B3,,,,,2026-02-03,,OK,0,,
B3,,,,,,,NI,,,
,,CCCU1234567,,,2026-02-03,,WLP,1,100,horn
B9,,,,,2026-02-03,,WLP,1,100,=cmd()
B2,D1,,,,2026-02-03,,OK,1,100,
,,,2026 7,3,2026-02-04,,OTH,1,100,
,,,,,2026-02-04,,WLP,1,100,
B1,,,,,soon,,WLP,1,100,
"""


class Port:
    """A folder with a day's manifest (`DAY`), a mapping of results (`MAPPING`) and what is made of them."""

    header = HEADER
    #: Rows of every kind.
    all_results = RESULTS
    now = NOW

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "day.csv").write_text(DAY, encoding="utf-8")
        (folder / "port.toml").write_text(MAPPING, encoding="utf-8")

    def files(self) -> list[Path]:
        """Return what lies in the folder."""
        return sorted(self.folder.iterdir())

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def run(self, *words):
        """Run a command as typed."""
        return CliRunner().invoke(cli, [str(w) for w in words], prog_name="wildcargo")

    def results(self, *rows: str, name: str = "results.csv") -> Path:
        """Write a file of results."""
        (self / name).write_text(f"{HEADER}\n{''.join(rows)}", encoding="utf-8")
        return self / name

    def take_in(self, file, *words, now=NOW):
        """Import a file of results of the day."""
        call = ("import-outcomes", file, "--mapping", self / "port.toml", "--manifest", self / "day.csv")
        return self.run(*call, "--now", now, *words)

    @staticmethod
    def row(bill, done, result, updated="", remark="", ctn="", declaration=""):
        """Return a line of results, inspected in full."""
        return f"{bill},{declaration},{ctn},,,{done},{updated},{result},1,100,{remark}\n"

    def read(self, rows):
        """Return results and the day's shipments, read without the command; rows are tuples of cells."""
        file = self / "r.csv"
        file.write_text("\n".join([HEADER, *(",".join(r) for r in rows)]) + "\n", encoding="utf-8")
        known = manifest.read(self / "day.csv").table
        return read_results(file, manifest.parse_mapping(MAPPING)), known


@pytest.fixture
def place(tmp_path):
    """A port in a folder of its own."""
    return Port(tmp_path)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A port that many examples share."""
    return Port(tmp_path_factory.mktemp("room"))
