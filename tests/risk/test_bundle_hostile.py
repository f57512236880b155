"""A bundle whose sums are right and whose model text is not: refused before compiled code reads it."""

import hashlib
import json
import re
import shutil

import pytest

from models import bundle

HEAD = "live_animals.txt"


def altered(source, folder, file, pattern, by):
    shutil.copytree(source, folder)
    text = (folder / file).read_text(encoding="utf-8")
    changed = re.sub(pattern, by, text, count=1)
    assert changed != text
    (folder / file).write_text(changed, encoding="utf-8")
    names = sorted(p.name for p in folder.iterdir() if p.name != bundle.MANIFEST)
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / bundle.MANIFEST).write_text(json.dumps({"format": 1, "sha256": sums}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("file", "pattern", "by"),
    [
        (HEAD, r"num_tree_per_iteration=1", "num_tree_per_iteration=0"),
        (HEAD, r"num_tree_per_iteration=1", "num_tree_per_iteration=7"),
        (HEAD, r"num_class=1", "num_class=1\nnum_class=2"),
        (HEAD, r"max_feature_idx", "\rmax_feature_idx"),
        (HEAD, r"leaf_count=\d", "leaf_c0unt=1"),
        (HEAD, r"is_linear=0", "is_linear=1"),
        (HEAD, r"leaf_count=\d+", "leaf_count=1e9"),
        (HEAD, r"internal_count=\d+", "internal_count=0"),
        (HEAD, r"threshold=[^ ]+", "threshold=nan"),
        (HEAD, r"decision_type=\d+", "decision_type=12"),
        (HEAD, r"decision_type=\d+", "decision_type=1"),
        (HEAD, r"num_cat=\d", "num_cat=-"),
        (HEAD, r"leaf_value=[^ ]+", "leaf_value=-1e30"),
        ("bundle.json", r'"seed": \d+', '"seed": 1e999'),
        ("bundle.json", r'"slope": [\d.e+-]+', '"slope": 1e308'),
    ],
)
def test_a_model_text_made_to_break_the_parser_is_refused(bundle_dir, tmp_path, file, pattern, by):
    folder = altered(bundle_dir, tmp_path / "b", file, pattern, by)
    with pytest.raises(bundle.BundleError, match=re.escape(file)):
        bundle.load(folder)
