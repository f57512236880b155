"""Short manifests in every encoding the documentation names are told apart."""

from __future__ import annotations

import unicodedata

import pytest

from features import manifest
from features.manifest import encodings

CASES = [
    ("utf-8", "深圳市华强贸易有限公司", "ปลาสวยงาม"),
    ("utf-8-sig", "Công ty TNHH Hải Phòng", "tôm đông lạnh"),
    ("utf-16", "深圳市华强贸易有限公司", "冷冻鱼"),
    ("utf-16-le", "บริษัท สยามการค้า จำกัด", "กุ้งแช่แข็ง"),
    ("utf-16-be", "株式会社東京貿易", "冷凍えび"),
    ("gb18030", "深圳市华强贸易有限公司", "冷冻鱼"),
    ("gb18030", "王伟", "茶叶"),
    ("gbk", "广西凭祥顺达边贸有限公司", "红木家具配件"),
    ("big5", "香港海味貿易有限公司", "乾海參及花膠"),
    ("big5", "陳大文", "茶葉"),
    ("big5", "永發行", "木製傢俱,塑膠玩具"),
    ("tis-620", "บริษัท สยามการค้า จำกัด", "กุ้งแช่แข็ง"),
    ("tis-620", "นาย สมชาย ใจดี", "ผัก"),
    ("cp1258", "Công ty TNHH Thương mại Hải Phòng", "tôm đông lạnh"),
    ("cp1258", "Nguyễn Văn Hùng", "đồ gỗ"),
    ("cp932", "株式会社東京貿易", "冷凍えび"),
    ("cp932", "鈴木商事", "観賞用錦鯉"),
    ("euc_kr", "주식회사 한국무역", "냉동 새우"),
    ("cp1252", "São João Comércio", "café"),
    ("cp1252", "Müller GmbH", "Möbel"),
    ("cp1250", "Spółka z o.o. Łódź", "części zamienne"),
    ("cp1251", "ООО Восток", "мебель деревянная"),
    ("cp1253", "Ελληνική Εταιρεία", "ελιές"),
    ("cp1254", "İstanbul Ticaret Şirketi", "kuru üzüm"),
    ("cp1255", "חברת יבוא בעמ", "דגים"),
    ("cp1256", "شركة التجارة الدولية", "أسماك مجمدة"),
]


def encode(text: str, encoding: str) -> bytes:
    """Encode; Windows-1258 writes tones as marks of their own."""
    if encoding != "cp1258":
        return text.encode(encoding)
    out = []
    for character in text:
        parts = unicodedata.normalize("NFD", character)
        tones = [mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323"]
        base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
        out.append(base + "".join(tones))
    return "".join(out).encode("cp1258")


@pytest.mark.parametrize(("encoding", "shipper", "goods"), CASES)
def test_a_short_manifest_is_read_in_its_encoding(encoding, shipper, goods, tmp_path):
    header = "bl_no,shipper,goods_description,packages\n"
    text = header + f'AB1,"{shipper}","{goods}",12\nAB2,ACME LTD,PLASTIC TOYS,3\n'
    path = tmp_path / "m.csv"
    path.write_bytes(encode(text, encoding))
    table = manifest.read(path).table
    assert table["shipper_name"].tolist() == [unicodedata.normalize("NFC", shipper), "ACME LTD"]
    assert table["goods_description"].iloc[0] == unicodedata.normalize("NFC", goods)


def test_plain_ascii_and_one_damaged_byte_are_utf_8(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(b"bl_no,goods\nA,b\n")
    assert encodings.detect(path) == "utf-8"
    path.write_bytes(b"bl_no,goods\n" + "A,冷冻鱼和家具\n".encode() * 20 + b"B,\xff broken\n")
    assert encodings.detect(path) == "utf-8"


def test_text_beyond_the_first_megabyte_decides(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(
        b"bl_no,goods\n" + b"A,plain\n" * 200_000 + "B,深圳市华强贸易有限公司\n".encode("gb18030")
    )
    assert encodings.detect(path) == "gb18030"


def test_the_mapping_overrules_detection(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes("bl,goods\nA,é\n".encode("cp1252"))
    mapping = manifest.parse_mapping(
        '[columns]\nshipment_id="bl"\ngoods_description="goods"\n[read]\nencoding="cp1251"\n'
    )
    assert manifest.read(path, mapping).table["goods_description"].iloc[0] == b"\xe9".decode("cp1251")


@pytest.mark.parametrize("at", [0, 1])
def test_zero_bytes_at_even_places_do_not_make_text_wide(at, tmp_path):
    line = "AB1,ACME LTD,PLASTIC TOYS,30\n"[at:] + "AB2,ACME LTD\0,PLASTIC TOYS,3\n"
    line += " " * (len(line) % 2)
    path = tmp_path / "noise.csv"
    path.write_bytes(line.encode() * 200)
    assert encodings.detect(path) == "utf-8"
    path.write_bytes(line.encode() + b"A\0B\0C\0\xff\0" * 20)  # plain to begin with, then worn
    assert encodings.detect(path) != "utf-16-le"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("goods", ["PLASTIC TOYS", "冷冻鱼" * 30, "กุ้งแช่แข็ง" * 3, "мебель деревянная" * 5])
def test_wide_text_without_a_mark_is_told_whatever_its_letters(encoding, goods, tmp_path):
    path = tmp_path / "wide.csv"
    path.write_bytes(f"{goods},1\n{goods},22\nB3,{goods}\n".encode(encoding))
    assert encodings.detect(path) == encoding
