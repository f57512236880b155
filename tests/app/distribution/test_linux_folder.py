"""The Linux folder where it is used: no network, no rights, an odd place; a newer folder over older data."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from app.distribution import checksums
from app.paper import printing

pytestmark = pytest.mark.slow

ALONE = Path(__file__).with_name("alone.py")


def call(somebody: Path, *words: str | Path, data: str = "data") -> list[str]:
    """Return a call without network, rights, or a home that can be written."""
    home = somebody.parent / "home"
    if not home.exists():
        home.mkdir(mode=0o555)
    given = {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "WILDCARGO_DATA": str(somebody / data),
        "LANG": "C",
        "DROP_RIGHTS": "1" if os.geteuid() == 0 else "",
        # What would lead a less careful program astray.
        "PYTHONPATH": "/nowhere",
        "PYTHONHOME": "/nowhere",
    }
    apart = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    outside = [sys.executable, "-E", str(ALONE)]
    return ["env", "-i", *(f"{k}={v}" for k, v in given.items()), *apart, *outside, *map(str, words)]


def run(somebody: Path, *words: str | Path, code: int = 0, data: str = "data") -> str:
    done = subprocess.run(
        call(somebody, *words, data=data), cwd=somebody, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_its_own_check_finds_it_whole_and_what_was_changed_in_it(carried, somebody):
    assert "Every file is as it was made" in run(somebody, carried / "check")
    other = somebody / "other"
    subprocess.run(["cp", "-r", carried / "samples", carried / "LICENSES", somebody], check=True)
    other.mkdir()
    shutil.copy(carried / "SHA256SUMS", other)
    assert len(checksums.compare(other)) > 1_000


def test_it_scores_the_sample_day_as_the_checkout_does(carried, somebody):
    words = ["score", str(carried / "samples/port_day.csv"), "--capacity", "30", "--seed", "0", "--out"]
    run(somebody, carried / "wildcargo", *words, somebody / "list.csv")
    here = subprocess.run(
        [sys.executable, "-m", "risk.commands", *words, str(somebody / "here.csv")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert here.returncode == 0, here.stderr
    assert (somebody / "list.csv").read_bytes() == (somebody / "here.csv").read_bytes()
    assert checksums.compare(carried) == [], "something was written into the program's folder"


WORDS = "<p lang=th>กรมศุลกากรตรวจสินค้าขาเข้าที่ท่าเรือ</p><p>កម្ពុជា 中文 العربية Việt</p>"
PRINT = """
import hashlib, sys
from app.paper import printing
assert printing.lacking() == "", printing.lacking()
words = sys.argv[1]
made = printing.pdf(words)
assert made[:5] == b"%PDF-"
lines = [line for line in open("/proc/self/maps") if "r-xp" in line and "/" in line]
loaded = {line.split(maxsplit=5)[-1].strip() for line in lines}
system = ("ld-linux", "libc.", "libm.", "libpthread.", "libdl.", "librt.", "libutil.", "libresolv.", "[")
others = [p for p in loaded if sys.prefix not in p and not p.rsplit("/", 1)[-1].startswith(system)]
print(hashlib.sha256(made).hexdigest(), others)
"""


def test_it_makes_pdf_with_libraries_of_its_own(carried, somebody):
    (python,) = (carried / "python/bin").glob("python3.*")
    told = run(somebody, python, "-I", "-B", "-c", PRINT, WORDS).strip().splitlines()[-1]
    assert told == f"{hashlib.sha256(printing.pdf(WORDS)).hexdigest()} []"


def test_every_module_of_the_program_can_be_imported(carried, somebody):
    code = """
    import importlib, pkgutil
    import app, data_samples, features, models, risk
    leave = ("app.script.main", "app.serving", "app.distribution.__main__", "risk.commands.__main__")
    for room in (app, risk, models, features, data_samples):
        for found in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
            if found.name not in leave and "migrations.env" not in found.name:
                importlib.import_module(found.name)
    """
    (python,) = (carried / "python/bin").glob("python3.*")
    run(somebody, python, "-I", "-B", "-c", textwrap.dedent(code))


INSIDE = """
import json, re, signal, subprocess, sys, time, urllib.request
program, port = sys.argv[1:3]
log = open("log", "wb")
app = subprocess.Popen([program, "app", "--port", port, "--open"], stdout=log, stderr=subprocess.STDOUT)
answer, end = "", time.monotonic() + 120
while time.monotonic() < end and app.poll() is None:
    try:
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20).read().decode()
        if json.loads(answer)["worker"] == "ok":
            break
    except OSError as error:
        answer = str(error)
    time.sleep(0.2)
page = urllib.request.urlopen(f"http://127.0.0.1:{port}/signin", timeout=60).read().decode()
app.send_signal(signal.SIGINT)
code = app.wait(120)
print(json.dumps({"health": answer, "page": page, "said": open("log").read(), "code": code}))
"""


def served(somebody: Path, program: Path) -> dict[str, str]:
    (python,) = (program.parent / "python/bin").glob("python3.*")
    told = run(somebody, python, "-I", "-B", "-c", INSIDE, program, "8627")
    return json.loads(told.strip().splitlines()[-1])


LATER = '''
"""A step of a later version."""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999", "{before}"
branch_labels = depends_on = None


def upgrade() -> None:
    op.create_table("of_a_later_version", sa.Column("number", sa.Integer, primary_key=True))
    op.execute("INSERT INTO of_a_later_version (number) SELECT COUNT(*) FROM shipments")
'''

COUNT = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
print([c.execute(f"SELECT COUNT(*) FROM {t}").fetchone()[0] for t in ("shipments", "scores", "ledger")])
"""


def test_a_newer_folder_takes_over_the_data_of_an_older_one(carried, somebody, shelf):
    """Data of one folder, then one of a later version put beside it: nothing is lost, and no way back."""
    few = somebody / "day.csv"
    few.write_text("".join((carried / "samples/port_day.csv").read_text().splitlines(keepends=True)[:301]))
    old, newer = carried / "wildcargo", carried.parent / "wildcargo 2"
    run(somebody, old, "sample", few, "--at", "2025-01-06T04:00", "--data", somebody / "data")
    before = served(somebody, old)
    assert json.loads(before["health"])["database"] == "ok", before["said"]
    assert "<form" in before["page"]
    assert before["code"] == 0, before["said"]
    head = re.search(r"\d+-[0-9a-f]{16,}", run(somebody, old, "verify", somebody / "data"))
    assert head
    (python,) = (carried / "python/bin").glob("python3.*")
    counted = run(somebody, python, "-I", "-B", "-c", COUNT, somebody / "data/port.db")

    subprocess.run(["cp", "-al", str(carried), str(newer)], check=True)
    (steps,) = newer.glob("python/lib/python3.*/site-packages/risk/store/migrations/versions")
    newest = max(path.name[:4] for path in steps.glob("[0-9]*.py"))
    (steps / "9999_of_a_later_version.py").write_text(LATER.format(before=newest))
    run(somebody, old, "backup", "--data", somebody / "data", "--out", somebody / "safe.zip")
    after = served(somebody, newer / "wildcargo")
    assert json.loads(after["health"])["database"] == "ok", after["said"]
    assert after["code"] == 0, after["said"]
    again = run(somebody, python, "-I", "-B", "-c", COUNT, somebody / "data/port.db")
    assert again.split(",")[:2] == counted.split(",")[:2]
    run(somebody, newer / "wildcargo", "verify", somebody / "data", "--head", head[0])

    refused = run(somebody, old, "app", "--port", "8627", code=2)
    assert "later version" in refused
    run(somebody, old, "restore", somebody / "safe.zip", "--data", somebody / "back")
    run(somebody, old, "verify", somebody / "back")
    shutil.rmtree(newer)


def test_data_that_cannot_be_written_are_refused_in_plain_words(carried, somebody):
    (somebody / "closed").mkdir(mode=0o555)
    told = run(somebody, carried / "wildcargo", "app", "--port", "8627", code=2, data="closed/port")
    assert "permission denied" in told.lower()
