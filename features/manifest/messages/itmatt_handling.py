"""Words of the post for what an item is: nature of the transaction, mail class, handling class."""

from __future__ import annotations

from features.manifest.synonyms import fold

_CATEGORIES = {
    fold(word): code
    for code, words in {
        "SALE-OF-GOODS": (
            "sale of goods|sale goods|sale|sold goods|11|vente de marchandises|venta de mercancías|venta|"
            "venda de mercadorias|verkauf von waren|warenverkauf|продажа товара|商品销售|销售"
        ),
        "RETURNED-GOODS": (
            "returned goods|return of goods|return goods|returned|return|returns|21|retour de marchandise|"
            "warenrücksendung|rücksendung|devolución|devolução|возврат товара|возврат|退货|退件"
        ),
        "GIFT": (
            "gift|gifts|g|31|cadeau|regalo|presente|geschenk|подарок|礼品|礼物|贈物|선물|present|hadiah|ของขวัญ"
        ),
        "SAMPLE": (
            "commercial sample|sample|samples|commercial samples|32|échantillon|échantillon commercial|"
            "muestra|muestra comercial|amostra|warenmuster|muster|образец"
            "|коммерческий образец|商品样品|货样|样品"
        ),
        "DOCUMENTS": "documents|document|docs|doc|d|91|documentos|dokumente|документы|文件|서류",
        "MERCHANDISE": "merchandise|goods|m|commercial goods|commercial|trade goods",
        "OTHER": "other|others|o|99|999|mixed|autre|otro|outro|sonstiges|прочее|其他|其它",
    }.items()
    for word in words.split("|")
}
_KINDS = {
    "U": "LETTER",
    "C": "PARCEL",
    "E": "EMS",
    "T": "EMPTY-RECEPTACLE",
    "R": "REGISTERED",
    "V": "INSURED",
}


def handling_codes(key: str, text: str) -> list[str]:
    """Return the handling codes of what a cell says of an item.

    Parameters
    ----------
    key : str
        ``category``, ``kind`` (mail class), ``class`` (handling class) or ``handling_codes``.
    text : str
    """
    if key == "category":
        code = _CATEGORIES.get(fold(text)) or "-".join(text.upper().split())
        return [code.replace(";", "-")]
    if key == "handling_codes":
        return text.upper().replace(";", " ").split()
    if len(text) == 1:
        return [_KINDS[text.upper()]] if text.upper() in _KINDS else []
    return ["-".join(text.upper().replace(";", " ").split())]
