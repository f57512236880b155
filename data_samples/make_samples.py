"""Write the sample files of this folder: ``python -m data_samples.make_samples``.

``port_day.csv`` is one day of a made-up port and ``port_day_truth.csv`` what was really inside, kept
apart for the drill. ``local_names.csv`` is a small table as a port's own system might export it,
with ``local_names.toml`` as its mapping file. ``messages/`` holds a few shipments of the day in every
message format (`features.manifest.messages`), of a kind that travels with such messages.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data_samples.simulate import Days, simulate
from features.manifest import schema
from features.manifest.messages import FORMS

_HERE = Path(__file__).parent
_ROWS = 4000
#: Local column -> canonical column of the small table.
LOCAL = {
    "BL_NO": "shipment_id",
    "REG_DATE": "known_at",
    "ETA": "arrives_at",
    "TRANSPORT": "mode",
    "EXPORTER": "shipper_name",
    "IMPORTER": "consignee_name",
    "IMPORTER_ADDR": "consignee_address",
    "CARGO_DESC": "goods_description",
    "TARIFF": "hs_codes",
    "CTY_ORIGIN": "origin_country",
    "POL": "loading_port",
    "POD": "discharge_port",
    "FINAL_CTY": "destination_country",
    "GROSS_KG": "gross_weight_kg",
    "PKGS": "packages",
    "PKG_KIND": "package_type",
    "INV_VALUE": "declared_value",
    "INV_CUR": "currency",
    "CONTAINER": "container_ids",
    "VESSEL": "vessel_or_flight",
}
#: Message format -> how its shipments travel, where not by sea.
_TRAVELS = {"cargo_xml": "air", "cargo_imp": "air", "itmatt": "post"}
_MODES = {"SEA": "sea", "AIR": "air", "COURIER": "express", "MAIL": "post", "TRUCK": "road", "TRAIN": "rail"}


def port_day(seed: int = 2026) -> Days:
    """Simulate the sample day: 4,000 shipments at the base world's port."""
    return simulate("base", days=1, per_day=_ROWS, seed=seed, slots_per_day=0)


def local_table(day: Days, rows: int = 60) -> pd.DataFrame:
    """Return the first shipments under local column names and values."""
    table = day.manifests.head(rows)[list(LOCAL.values())].copy()
    table["mode"] = table["mode"].map({code: name for name, code in _MODES.items()})
    table["known_at"] = table["known_at"].dt.strftime("%Y-%m-%d %H:%M")
    table["arrives_at"] = table["arrives_at"].dt.strftime("%Y-%m-%d %H:%M")
    table["packages"] = table["packages"].astype("Int64")
    return table.set_axis(list(LOCAL), axis=1)


def local_mapping() -> str:
    """Return the mapping file of `local_table`."""
    columns = [f'{name} = "{local}"' for local, name in LOCAL.items() if name != "mode"]
    values = ", ".join(f'{local} = "{name}"' for local, name in _MODES.items())
    return "\n".join(
        ["[columns]", *columns, "", "[values.mode]", 'column = "TRANSPORT"', f"map = {{ {values} }}", ""]
    )


def messages(day: Days, folder: Path, rows: int = 20) -> list[Path]:
    """Write the first shipments of a fitting mode in every message format; return the files."""
    folder.mkdir(exist_ok=True)
    files = []
    for form in FORMS:
        fitting = day.manifests[day.manifests["mode"] == _TRAVELS.get(form.name, "sea")].head(rows)
        files.append(folder / f"{form.name}{form.suffix}")
        with open(files[-1], "wb") as stream:
            form.write(schema.complete(fitting.reset_index(drop=True)), stream)
    return files


def main() -> None:
    """Write all sample files."""
    day = port_day()
    messages(day, _HERE / "messages")
    shown = [c.name for c in schema.COLUMNS if c.group != "outcome" and day.manifests[c.name].notna().any()]
    day.manifests[shown].to_csv(_HERE / "port_day.csv", index=False, lineterminator="\n")
    kept = day.truth.drop(columns=["inspected", "selection_probability", "day"])
    kept.to_csv(_HERE / "port_day_truth.csv", index=False, lineterminator="\n")
    local_table(day).to_csv(_HERE / "local_names.csv", index=False, sep=";", lineterminator="\n")
    (_HERE / "local_names.toml").write_text(local_mapping(), encoding="utf-8")


if __name__ == "__main__":
    main()
