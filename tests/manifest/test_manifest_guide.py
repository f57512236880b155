"""The documentation's table of columns equals the schema; the schema stays cheap to import."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from features import manifest
from features.manifest import guide, schema

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/manifest.md").read_text(encoding="utf-8")


def test_the_table_of_columns_is_up_to_date():
    assert guide.rewrite(TEXT) == TEXT, "run python -m features.manifest.guide"


def test_every_column_is_described_once():
    table = guide.render()
    assert all(table.count(f"| `{name}` |") == 1 for name in schema.BY_NAME)


def test_the_example_mapping_loads():
    example = TEXT.split("```toml\n")[1].split("```")[0]
    assert manifest.parse_mapping(example).lines.key == ("control_number",)
    assert tomllib.loads(example)["read"]["sheet"] == "Manifest"


@pytest.mark.parametrize("name", ["lemis", "korea"])
def test_the_benchmarks_mappings_load(name):
    mapping = manifest.load_mapping(ROOT / f"benchmarks/mappings/{name}.toml")
    assert "outcome" in mapping.values


def test_the_schema_imports_no_reader():
    code = (
        "import sys, features.manifest.schema; "
        "print([m for m in sys.modules if m.startswith('features.manifest.') and not m.endswith('schema')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_public_surface_is_there():
    assert all(getattr(manifest, name) is not None for name in manifest.__all__)
    with pytest.raises(AttributeError):
        _ = manifest.nothing
