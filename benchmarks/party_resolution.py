"""False and missed merges of party names, per script, on made-up families of names.

Each family is one made-up party written in several ways: other case and punctuation, lost accents,
another legal form of the same class, Latin letters for another script, a slip of the pen, with and
without address, telephone and registration number. Beside the families stand look-alikes: other
firms whose names differ in one word or in the number of the firm, firms of the same name with
another number, people who share a very common name, and relatives at one address.

Run ``python benchmarks/party_resolution.py`` to print the table of ``docs/history.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from anyascii import anyascii

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.manifest import schema
from features.parties import identity
from features.parties.resolution import Parties, resolve

#: Per script: syllables names are made of, joint between words, trade word, legal forms of one
#: class (``|`` between them), street, common personal names (``*`` stands for a space).
SCRIPTS: dict[str, dict[str, str]] = {
    "Latin (English)": {
        "syllables": "bra ke lor min tas vel dor pin gar sho wick ton field mar bel",
        "joint": " ",
        "trade": "Trading",
        "forms": "Ltd|Limited|Co., Ltd.|Pvt. Ltd.",
        "street": "{} Harbour Road, Block {}",
        "family": "Smith Jones Brown Williams Khan",
        "given": "John James David Mary Michael",
    },
    "Latin (Vietnamese)": {
        "syllables": "Hải Phúc Lộc Khánh Bình Trường Thịnh Đông Sơn Tín Việt Long Quý Đạt",
        "joint": " ",
        "trade": "Thương Mại",
        "forms": "CÔNG TY TNHH|Cty TNHH|CONG TY TNHH",
        "street": "{} Phố Hàm Nghi, Tổ {}",
        "family": "Nguyễn Trần Lê Phạm Hoàng",
        "given": "Văn*An Thị*Lan Văn*Hùng Thị*Hoa Minh*Tuấn",
    },
    "Latin (Indonesian)": {
        "syllables": "sen tosa karya indah lestari sumber rejeki mulya abadi tunggal",
        "joint": " ",
        "trade": "Perdagangan",
        "forms": "PT|PT.",
        "street": "Jalan Kenanga {} Blok {}",
        "family": "Budi Siti Ahmad Nur Dewi",
        "given": "Santoso Abdullah Hidayat Rahman Putri",
    },
    "Latin (Spanish, Portuguese)": {
        "syllables": "costa verde mira flores serra mon taña ribera lagos cam poal",
        "joint": "",
        "trade": "Comercial",
        "forms": "Ltda|Ltda.|LIMITADA",
        "street": "Rua das Flores {} Sala {}",
        "family": "García Silva Santos López Pérez",
        "given": "José María Juan João Ana",
    },
    "Han": {
        "syllables": "宏 达 盛 隆 瑞 祥 恒 通 锦 源 泰 和 润 丰 嘉 禾 鼎 辉",
        "joint": "",
        "trade": "贸易",
        "forms": "有限公司|有限责任公司",
        "street": "南山路{}号{}楼",
        "family": "陈 王 李 张 刘",
        "given": "伟 芳 娜 敏 静 丽 强",
    },
    "Thai": {
        "syllables": "สยาม ทอง ไทย รุ่ง เรือง ชัย พัฒน์ วัฒ นา ศิริ มงคล",
        "joint": "",
        "trade": "การค้า",
        "forms": "จำกัด|บจก",
        "street": "{} ถนนสุขุมวิท ซอย {}",
        "family": "ใจดี ศรีสุข ทองดี แสงทอง บุญมี",
        "given": "สมชาย สมศักดิ์ มาลี สุดา ประเสริฐ",
    },
    "Arabic": {
        "syllables": "النور البركة الهدى الريان السلام الفجر المنار الصفا الوفاء الزهراء",
        "joint": " ",
        "trade": "للتجارة",
        "forms": "شركة|الشركة",
        "street": "شارع الملك {} بناية {}",
        "family": "علي حسن أحمد محمود خان",
        "given": "محمد أحمد علي فاطمة عبدالله",
    },
    "Cyrillic": {
        "syllables": "ром ашк вост торг свет мир лес пром альф вер тан гор дон",
        "joint": "",
        "trade": "Импорт",
        "forms": "ООО|ООО",
        "street": "ул. Ленина {} кв {}",
        "family": "Иванов Петров Смирнов Кузнецов Попов",
        "given": "Александр Сергей Анна Иван Олег",
    },
    "Hangul": {
        "syllables": "한 빛 나 라 해 성 우 진 대 림 동 아 미 래",
        "joint": "",
        "trade": "무역",
        "forms": "주식회사|(주식회사)",
        "street": "부산 해운대로 {} {}호",
        "family": "김 이 박 최 정",
        "given": "민수 영희 철수 지훈 서연",
    },
    "Devanagari": {
        "syllables": "राम लक्ष्मी गणेश शिव कृष्ण सूर्य आनंद विजय अमृत मंगल",
        "joint": " ",
        "trade": "ट्रेडर्स",
        "forms": "प्राइवेट लिमिटेड|प्रा. लि.",
        "street": "{} गांधी मार्ग, खंड {}",
        "family": "कुमार शर्मा सिंह पटेल देवी",
        "given": "राम मोहन सुनीता अनिल गीता",
    },
}

_BEFORE = ("PT", "CÔNG", "Cty", "CONG", "شركة", "الشركة", "ООО", "주식회사", "(주식회사)")


class _Maker:
    """Makes the writings of one script."""

    def __init__(self, script: str, rng: np.random.Generator) -> None:
        self.parts, self.rng, self.script = SCRIPTS[script], rng, script
        self.rows: list[dict[str, object]] = []

    def pick(self, key: str) -> str:
        return str(self.rng.choice(self.parts[key].split("|" if key == "forms" else " ")))

    def word(self) -> str:
        two = self.script in ("Latin (English)", "Latin (Indonesian)")
        return self.pick("syllables") + (self.pick("syllables") if two else "")

    def place(self) -> str:
        return self.parts["street"].format(self.rng.integers(1, 900), self.rng.integers(1, 90))

    def firm(self, words: list[str]) -> str:
        form, joint = self.pick("forms"), self.parts["joint"]
        space = "" if self.script == "Han" else " "
        name = joint.join(words) + space + self.parts["trade"]
        return f"{form} {name}" if form.startswith(_BEFORE) else f"{name}{space}{form}"

    def add(self, party: str, name: str, **more: object) -> None:
        self.rows.append({"party": party, "consignee_name": name, **more})

    def person(self) -> str:
        family, given = self.pick("family"), self.pick("given").replace("*", " ")
        first = self.script in ("Han", "Hangul", "Latin (Vietnamese)")
        space = "" if self.script in ("Han", "Hangul") else " "
        return f"{family}{space}{given}" if first else f"{given}{space}{family}"


def _slip(name: str, rng: np.random.Generator) -> str:
    """Leave out one letter from the middle of a name."""
    at = int(rng.integers(1, max(2, len(name) - 1)))
    return name[:at] + name[at + 1 :]


def _variants(maker: _Maker, words: list[str], rng: np.random.Generator) -> list[str]:
    name = maker.firm(words)
    own = anyascii(maker.parts["joint"].join(words))
    latin = anyascii(name) if maker.script.startswith("Latin") else f"{own} Trading Co., Ltd."
    return [name, name.upper(), maker.firm(words).replace(" ", "  "), latin, _slip(name, rng)]


def families(script: str, count: int, seed: int) -> pd.DataFrame:
    """Return the writings of made-up parties of one script.

    Returns
    -------
    DataFrame
        ``party`` (the truth), ``consignee_name``, ``consignee_address``, ``consignee_phone``,
        ``consignee_id``, ``shipper_name``; in the order they are seen.
    """
    rng = np.random.default_rng(seed)
    maker = _Maker(script, rng)
    all_words = [[maker.word() for _ in range(3)] for _ in range(count)]
    taken = set(map(tuple, all_words))
    for i in range(count):
        if all_words[i] in all_words[:i]:
            continue
        words = all_words[i]
        place, number = maker.place(), f"{rng.integers(10**9, 10**10)}"
        for name in _variants(maker, words, rng):
            more = {"consignee_address": place if rng.random() < 0.8 else None}
            more |= {"consignee_id": number if rng.random() < 0.3 else None}
            maker.add(f"firm{i}", name, **more)
        other = [*words[:2], maker.word()]
        if tuple(other) not in taken:
            taken.add(tuple(other))
            maker.add(f"other{i}", maker.firm(other), consignee_address=maker.place())
        maker.add(f"numbered{i}", f"{maker.firm(words)} {i % 9 + 2}", consignee_address=maker.place())
        maker.add(f"namesake{i}", maker.firm(words), consignee_id=f"{rng.integers(10**9, 10**10)}")
        house = maker.place()
        for k in range(3):
            maker.add(f"person{i}.{k}", maker.person(), consignee_address=maker.place())
            maker.add(f"bare{i}.{k}", maker.person(), shipper_name=f"Sender {i}.{k} Ltd")
        relatives = {maker.person() for _ in range(2)}
        for k, name in enumerate(sorted(relatives)):
            maker.add(f"relative{i}.{k}", name, consignee_address=house)
    return pd.DataFrame(maker.rows).sample(frac=1.0, random_state=seed).reset_index(drop=True)


def resolved(rows: pd.DataFrame) -> tuple[pd.DataFrame, Parties]:
    """Resolve writings seen one after the other; returns truth and party per name."""
    given = {c: rows[c].astype(schema.BY_NAME[c].dtype) for c in rows.columns if c in schema.BY_NAME}
    keys, names = identity.of_table(schema.complete(pd.DataFrame(given)))
    seen = pd.Series(np.arange(len(rows))).groupby(keys["consignee"]).min()
    truth = rows["party"].groupby(keys["consignee"]).first()
    names = names[names["key"].isin(seen.index)].reset_index(drop=True)
    parties = resolve(names, seen.reindex(names["key"]).to_numpy(dtype=np.int64))
    table = names.assign(truth=truth.reindex(names["key"]).to_numpy(), party=parties.party)
    table["linked_to"] = np.where(parties.link >= 0, table["truth"].to_numpy()[parties.link], None)
    return table, parties


def measure(script: str, count: int, seed: int) -> dict[str, float | str]:
    """Return the shares of false and missed merges of one script.

    A false merge is a name linked to a name of another party. A missed merge is a name of a family
    that ends outside the family's largest cluster.
    """
    table, _ = resolved(families(script, count, seed))
    false = table["linked_to"].notna() & (table["linked_to"] != table["truth"])
    kind = table["truth"].str.extract(r"^([a-z]+)", expand=False)
    family = table[kind == "firm"]
    together = family.groupby("truth")["party"].agg(lambda party: party.value_counts().iloc[0])
    to_namesake = (kind == "namesake") | table["linked_to"].fillna("").str.startswith("namesake")
    of_firms = kind.isin(["firm", "other", "numbered"])
    shares = {
        "firms joined with another firm": false[of_firms & ~to_namesake].mean(),
        "with a namesake of unknown number": (false & to_namesake)[of_firms | to_namesake].mean(),
        "people joined with another person": false[kind.isin(["person", "bare", "relative"])].mean(),
        "writings of a firm left apart": 1.0 - together.sum() / len(family),
    }
    return {"script": script, "names": len(table)} | {name: float(share) for name, share in shares.items()}


def main() -> None:
    """Print the table."""
    rows = [measure(script, 150, seed=11) for script in SCRIPTS]
    print("| " + " | ".join(rows[0]) + " |")
    print("|" + "---|" * len(rows[0]))
    for row in rows:
        values = [f"{100 * v:.1f} %" if isinstance(v, float) else str(v) for v in row.values()]
        print("| " + " | ".join(values) + " |")


if __name__ == "__main__":
    main()
