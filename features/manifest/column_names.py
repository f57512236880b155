"""Names other systems give to the columns of the shipment table, in many languages.

The reference table ``column_names`` lists names that mean one column wherever they stand
(`aliases`): a file that uses them needs no mapping. Its rows are a party's ``role`` (a name stands
for the party's name, and with a ``field`` for that), or a ``column``. `HINTS` are words that only
suggest a column; `proposals` weighs them with the values.
"""

from __future__ import annotations

from functools import cache

from features import reference
from features.manifest import schema
from features.manifest.synonyms import fold

#: Words inside a column's name that suggest a canonical column (folded, matched as a part).
HINTS: dict[str, tuple[str, ...]] = {
    "shipment_id": (
        "bill",
        "waybill",
        "hawb",
        "hbl",
        "awb",
        "shipment",
        "consignment",
        "提单",
        "vậnđơn",
        "ใบตรา",
    ),
    "shipper_name": ("shipper", "consignor", "export", "sender", "seller", "supplier"),
    "consignee_name": ("consignee", "import", "receiver", "buyer", "recipient"),
    "goods_description": (
        "desc",
        "goods",
        "commodity",
        "product",
        "merch",
        "cargo",
        "article",
        "content",
        "hàng",
        "สินค้า",
        "货",
    ),
    "gross_weight_kg": ("weight", "mass", "peso", "poids", "kg", "重", "nặng", "น้ำหนัก"),
    "packages": ("pack", "pkg", "piece", "carton", "colli", "qty", "quantity", "件", "kiện"),
    "declared_value": ("value", "price", "amount", "valor", "valeur", "invoice"),
    "loading_port": ("load", "departure", "from", "embark"),
    "discharge_port": ("discharge", "unload", "arrival", "to"),
    "origin_country": ("origin", "made", "origen"),
    "destination_country": ("destin",),
    "arrives_at": ("arriv", "eta", "date", "fecha", "ngày", "วันที่", "日期"),
    "container_ids": ("contain", "cntr", "equipment"),
    "seal_ids": ("seal",),
    "hs_codes": ("hs", "tariff", "commoditycode"),
    "vessel_or_flight": ("vessel", "ship", "flight", "plane", "truck"),
    "carrier_name": ("carrier", "line", "airline"),
    "outcome": ("result", "outcome", "fraud", "action", "finding"),
}


@cache
def aliases() -> dict[str, str]:
    """Return folded source names -> canonical column, for every name that means only one."""
    named = reference.table("column_names")
    columns = (named[name] for name in ("part", "name", "words"))
    rows = [(part, name, words.split("|")) for part, name, words in zip(*columns, strict=True)]
    table: dict[str, str] = {}
    fields = [(name, words) for part, name, words in rows if part == "field"]
    for part, name, words in rows:
        for word in words if part == "role" else ():
            table.setdefault(fold(word), f"{name}_name")
            for field, suffixes in fields:
                for suffix in suffixes:
                    table.setdefault(fold(word + suffix), f"{name}_{field}")
    for part, name, words in rows:
        table.update({fold(word): name for word in words if part == "column"})
    table.update({fold(name): name for name in schema.BY_NAME})
    table.pop("", None)
    return table


def recognise(names: list[str]) -> dict[str, list[str]]:
    """Return canonical column -> the source columns whose name means it, best first.

    A canonical name itself comes before any alias; among aliases the order of the file counts,
    except that a house bill comes before a master bill or a bill of unstated level.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        if canonical := aliases().get(fold(name)):
            found.setdefault(canonical, []).append(name)
    for canonical, sources in found.items():
        sources.sort(
            key=lambda name: (
                fold(name) != fold(canonical),
                _level(name) if canonical == "shipment_id" else 0,
            )
        )
    return found


def _level(name: str) -> int:
    folded = fold(name)
    house = folded.startswith(("house", "hbl", "hawb", "分"))
    return 0 if house else 1
