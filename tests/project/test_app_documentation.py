"""What is said of the app: every page, role and setting, every file of a port; links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import identity
from app.pages import PAGES
from risk import drill, upkeep, worker
from risk.commands import port_place
from risk.store import archives, first_account, roles
from risk.store.settings import SETTINGS, Setting

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/app.md").read_text(encoding="utf-8")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")), ROOT / "risk/starter/card.md"]


def _row(setting: Setting) -> str:
    kept = setting.default
    said = (
        "no"
        if kept is False
        else "none"
        if kept == ""
        else f"{kept:g}"
        if not isinstance(kept, str)
        else kept
    )
    span = "" if setting.low is None else f" ({setting.low:g} to {setting.high:g})"
    return f"| `{setting.name}` | {said}{span} | {setting.meaning} |"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_told_with_its_default_and_range(setting: Setting) -> None:
    assert _row(setting) in TEXT.splitlines()


@pytest.mark.parametrize("page", [page for page in PAGES if page.action], ids=lambda page: page.name)
def test_every_page_is_told_of_and_shown(page) -> None:
    told = re.findall(r"\*([A-Z][^*]+)\*|^## (.+)$", TEXT, re.MULTILINE)
    named = {
        part.strip() for pair in told for text in pair if text for part in (text, text.removeprefix("A "))
    }
    assert page.title.lower() in {name.lower() for name in named}
    for kind in ("desktop-en", "desktop-ar", "tablet-en", "tablet-ar"):
        assert (ROOT / "docs/pictures" / f"{page.name}-{kind}.png").is_file()


def test_no_picture_is_of_a_page_that_is_gone() -> None:
    shown = {path.stem.rsplit("-", 2)[0] for path in (ROOT / "docs/pictures").glob("*.png")}
    assert shown - {page.name for page in PAGES} == {"find"}


def test_every_role_is_told_of() -> None:
    told = set(re.findall(r"^\| (\w+) \|", TEXT, re.MULTILINE))
    assert {"administrator" if role == "admin" else role for role in roles.ROLES} <= told


def test_every_file_of_the_folder_is_told_of() -> None:
    files = (port_place.FILE, archives.SECRET, identity.FILE, first_account._FILE, worker._BEATS, drill.FILE)
    folders = (worker.UPLOADS, worker.STATE, archives.MODELS, upkeep.BACKUPS)
    for name in (*files, *(f"{folder}/" for folder in folders)):
        assert f"| `{name}` |" in TEXT, name


def _anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", head)).strip().lower().replace(" ", "-") for head in heads
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        assert path.exists(), target
        if anchor:
            assert anchor in _anchors(path), target
