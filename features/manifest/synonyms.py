"""Words and codes that stand for the schema's allowed values, in the forms manifests use.

Keys are folded (`fold`): lower case, letters and digits only.
"""

from __future__ import annotations

import re
import unicodedata


def fold(text: str) -> str:
    """Return the letters, marks and digits of a text, lower case: ``Sea freight`` is ``seafreight``."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", text)


def bare(text: str) -> str:
    """Return a folded text with Latin letters bare of their accents: ``đạidương`` is ``daiduong``.

    Marks of other scripts are letters and stay.
    """
    if text.isascii():
        return text
    apart = _ACCENTED.sub(r"\1", unicodedata.normalize("NFKD", text)).translate(_STROKES)
    return unicodedata.normalize("NFC", apart)


#: Accents on Latin letters, several on one; and letters whose stroke is no accent of Unicode's.
_ACCENTED = re.compile("([a-zıłøđ])[\u0300-\u036f]+")
_STROKES = str.maketrans("đłøħıŧ", "dlohit")


def _table(**entries: str) -> dict[str, str]:
    return {fold(word): value for value, words in entries.items() for word in (value, *words.split("|"))}


#: Column -> folded word -> allowed value. Mode codes are those of UN/EDIFACT 8067 and box 25 of
#: the European single document, with and without the trailing zero national systems add.
CHOICES: dict[str, dict[str, str]] = {
    "mode": _table(
        sea=(
            "1|10|01|s|ocean|maritime|marine|vessel|ship|sea freight|ocean freight|"
            "by sea|inland water|8|80|mar|maritimo|"
            "marítimo|maritime transport|see|seefracht|seeverkehr|zeevracht|deniz|morski|marittimo|"
            "海运|海運|水运|đường biển|ทางเรือ|해상|해운|laut|بحري|море|морской"
        ),
        rail=(
            "2|20|02|train|railway|rail freight|ferroviario|schiene|bahn|spoor|kolejowy|demiryolu|"
            "铁路|鐵路|đường sắt|ทางรถไฟ|철도"
        ),
        road=(
            "3|30|03|truck|lorry|land|vehicle|road freight|by road|terrestre|"
            "carretera|straße|strasse|lkw|wegvervoer|drogowy|karayolu|stradale|公路|陆运|đường bộ|ทางบก|육상"
        ),
        air=(
            "4|40|04|a|airfreight|air freight|air cargo|by air|plane|flight|aereo|"
            "aéreo|aérien|luft|luftfracht|luchtvracht|lotniczy|hava|havayolu|"
            "空运|空運|航空|đường hàng không|ทางอากาศ|항공|udara|جوي|авиа"
        ),
        post="5|50|05|mail|postal|parcel post|ems|letter|correo|邮政|郵政|邮件|bưu chính|ไปรษณีย์|우편",
        express=(
            "courier|kurier|koerier|corriere|express courier|express consignment|"
            "快件|快递|chuyển phát nhanh|특송"
        ),
    ),
    "direction": _table(
        **{"import": "23|i|im|imp|inbound|imports|进口|進口|nhập khẩu|นำเข้า|수입|importacion|importação"},
        export="22|e|ex|exp|outbound|exports|出口|xuất khẩu|ส่งออก|수출|exportacion|exportação",
        transit="24|t|tr|in transit|t1|过境|過境|quá cảnh|ผ่านแดน|tránsito|trânsito",
        transhipment="28|ts|transshipment|trans-shipment|转运|轉運|转口|chuyển tải|ถ่ายลำ|환적|trasbordo",
    ),
    "bill_level": _table(
        master="msb|mbl|mawb|m|master bill|master b/l|ocean bill|主单",
        house="hsb|hbl|hawb|h|house bill|house b/l|分单",
        direct="dir|d|straight|simple|direct bill|direct b/l",
    ),
    "container_load_status": _table(
        full="fcl|f|5|7|8|fcl/fcl|cy/cy|laden|整箱",
        part="lcl|l|lcl/lcl|cfs/cfs|consol|拼箱",
        empty="e|mt|mty|4|vacio|空箱",
    ),
    "inspection_type": _table(
        documents="document|doc|documentary|document check|paper",
        scan="x-ray|xray|scanner|nii|image",
        dog="k9|canine|detector dog",
        partial="part|sample|door|tailgate|partial unload",
        full="full unload|physical|full examination|devanning|strip",
    ),
    "outcome_status": _table(
        provisional="preliminary|pending|open",
        confirmed="final|closed|confirmed by laboratory",
        overturned="dismissed|appealed|reversed|cancelled",
    ),
    "selected_by": _table(
        model="ml|score|algorithm|wildcargo",
        random="rnd|random draw|lottery",
        officer="manual|inspector",
        rule="rules|profile|selectivity|criteria",
        intelligence="intel|tip|alert|information",
        dog="k9|canine",
        other_system="other|system|risk engine",
    ),
    "outcome": _table(
        clean="none|nil|no finding|no findings|nothing found|negative|conform|compliant|released|ok",
        live_animals="live|live animal|live wildlife|animals",
        wildlife_products="wildlife|wildlife product|products|cites",
        other_offence="other|other offense|other offences|fraud|drugs|undeclared goods",
    ),
}

_YES = "1|1.0|y|yes|true|t|x|si|sí|oui|sim|ja|da|是|有|はい|예|có|ใช่|نعم|да"
_NO = "0|0.0|n|no|false|f|non|não|nein|нет|否|无|無|いいえ|아니오|không|ไม่|لا"
FLAGS: dict[str, bool] = {
    **dict.fromkeys(map(fold, _YES.split("|")), True),
    **dict.fromkeys(map(fold, _NO.split("|")), False),
}
#: A few flags are written as what they mean.
FLAG_WORDS: dict[str, dict[str, bool]] = {
    "is_refrigerated": {fold(w): True for w in ("reefer", "rf", "refrigerated", "frozen", "chilled", "cold")}
    | {fold(w): False for w in ("dry", "ambient", "non operating reefer", "nor")},
    "is_consolidation": {fold(w): True for w in ("consol", "consolidation", "consolidated", "groupage")},
    "trusted_trader": {
        fold(w): True for w in ("aeo", "aeos", "aeoc", "aeof", "ctpat", "trusted", "authorised")
    },
    "permit_valid": {"valid": True, "invalid": False, "expired": False, "forged": False},
}
