"""Scoring starts quickly: what trains and what draws is not loaded."""

import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
for name in ("lightgbm", "shap", "sklearn", "streamlit", "matplotlib"):
    sys.modules[name] = None  # an import of it fails
from risk.commands import main
sys.argv = ["wildcargo", "score", sys.argv[1], "--out", sys.argv[2], "--capacity", "5"]
main()
"""


def test_a_day_is_scored_and_explained_without_lightgbm_or_shap(tmp_path):
    lines = (ROOT / "data_samples/port_day.csv").read_text(encoding="utf-8").split("\n")[:51]
    (tmp_path / "day.csv").write_text("\n".join(lines), encoding="utf-8")
    call = [sys.executable, "-c", PROGRAM, str(tmp_path / "day.csv"), str(tmp_path / "list.csv")]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    listed = pd.read_csv(tmp_path / "list.csv")
    assert len(listed) == 50
    assert listed["reason_1"].str.len().gt(10).all()
