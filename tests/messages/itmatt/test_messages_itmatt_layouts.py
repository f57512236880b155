"""Layouts of flat ITMATT files: names in other languages and orders, pieces side by side, units unsaid."""

import json

import pytest

from features import manifest
from features.manifest.messages import recognise
from features.manifest.messages.form import Shipment
from features.manifest.messages.itmatt import FORM
from features.manifest.messages.itmatt_names import read_header

S10 = "RR473124829GB"


def items(path, header, *rows, delimiter=","):
    """Return the shipments of a table."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    form = recognise(path.read_bytes())
    assert form is FORM, form
    found = list(form.read(path))
    assert all(isinstance(each, Shipment) for each in found), found
    return found


def lines(shipment):
    return json.loads(shipment.values["items"])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mail.csv"


@pytest.mark.parametrize(
    "names",
    [
        "content{n}_description,content{n}_hs,content{n}_qty,content{n}_net_weight,content{n}_value,content{n}_origin",
        "contents[{n}].description,contents[{n}].hsCode,contents[{n}].quantity,contents[{n}].netWeight,"
        "contents[{n}].value,contents[{n}].countryOfOrigin",
        "DETAILED_CONTENT_DESCRIPTIONS_{n},DECLARED_HS_CODE_{n},DECLARED_CONTENT_AMOUNT_{n},"
        "DECLARED_NETWEIGHT_{n},DECLARED_VALUE_{n},DECLARED_ORIGIN_COUNTRY_{n}",
        "Item {n} Description,Item {n} HS Code,Item {n} Quantity,Item {n} Weight (kg),Item {n} Value,"
        "Item {n} Country of Origin",
        "Item Content {n},Item HS Tariff Number {n},Item Quantity {n},Item Weight {n},Item Value {n},"
        "Item Country of Manufacture {n}",
        "英文品名{n},海关编码{n},申报数量{n},申报重量{n},申报总价{n},原产国{n}",
    ],
)
def test_pieces_side_by_side(path, names):
    header = "item_id,sender_name,addressee_name,gross_weight_kg,currency,"
    header += ",".join(names.format(n=n) for n in (1, 2, 3))
    row = f"{S10},A,B,2.4,USD,Incense,330741,10,1.1,15,IN,Figurine,691310,1,0.6,9,CN,,,,,,"
    (item,) = items(path, header, row)
    assert lines(item) == [
        {"description": "Incense", "hs": "330741", "kg": 1.1, "value": 15.0, "origin": "IN"},
        {"description": "Figurine", "hs": "691310", "kg": 0.6, "value": 9.0, "origin": "CN"},
    ]
    assert item.values["goods_description"] == "Incense; Figurine"
    assert item.values["hs_codes"] == "330741;691310"
    assert item.values["net_weight_kg"] == "1.7"
    assert item.values["declared_value"] == "24.0"
    assert item.values["gross_weight_kg"] == "2.4"


def test_what_stands_once_beside_numbered_pieces_is_of_the_whole(path):
    header = "Tracking No,Receiver Name,Description,Total Value,Country of Origin,"
    header += "Item 1 Name,Item 1 HS,Item 2 Name,Item 2 HS"
    (item,) = items(path, header, f"{S10},B,Gifts,30,CN,Combs,9615,Tea,0902")
    assert item.values["goods_description"] == "Gifts; Combs; Tea"
    assert item.values["declared_value"] == "30"
    assert [line["origin"] for line in lines(item)] == ["CN", "CN"]


def test_addresses_in_numbered_lines_are_no_pieces(path):
    header = "item_id,Sender Name,Sender Address Line 1,Sender Address Line 2,Recipient Phone 2,"
    header += "Content Description,Content HS"
    (item,) = items(path, header, f"{S10},A,1 High St,Flat 2,99,Tea,0902")
    assert item.values["shipper_address"] == "1 High St, Flat 2"
    assert item.values["goods_description"] == "Tea"


@pytest.mark.parametrize(
    "header",
    [
        "N° d'envoi,Expéditeur,Adresse de l'expéditeur,Pays de l'expéditeur,Destinataire,Poids brut (g),"
        "Désignation du contenu,Poids net (g),Valeur du contenu,Devise,N° tarifaire SH,Nature de l'envoi",
        "Código de envío,Remitente,Dirección del remitente,País del remitente,Destinatario,Peso bruto (g),"
        "Descripción del contenido,Peso neto (g),Valor del contenido,Moneda,Código arancelario,Categoría",
        "Sendungsnummer,Absender,Anschrift Absender,Land Absender,Empfänger,Bruttogewicht (g),"
        "Inhalt,Nettogewicht (g),Wert Inhalt,Währung,Zolltarifnummer,Art der Sendung",
        "ШПИ,Отправитель,Адрес отправителя,Страна отправителя,Получатель,Вес брутто (г),"
        "Наименование вложения,Вес нетто (г),Стоимость вложения,Валюта,Код ТН ВЭД,Категория",
        "邮件号码,寄件人姓名,寄件人地址,寄件人国家,收件人姓名,邮件重量(克),内件名称,内件重量(克),内件价值,币种,HS编码,内件类型",
        "sender.name,sender.address-line1,sender.country-cd,addressee.name,item.declared-gross-weight-g,"
        "content-piece.description,content-piece.net-weight-g,content-piece.declared-value,currency,"
        "content-piece.hs-cd,item.nature-type-cd",
    ],
)
def test_names_in_other_languages(path, header):
    row = f"{S10},A,1 Rd,GB,B,500,Tea,400,7.25,EUR,0902,31"
    if header.startswith("sender"):
        header = f"item.id,{header}"
    (item,) = items(path, header, row)
    assert item.values == {
        "shipment_id": S10,
        "mode": "post",
        "shipper_name": "A",
        "shipper_address": "1 Rd",
        "shipper_country": "GB",
        "consignee_name": "B",
        "gross_weight_kg": "0.5",
        "net_weight_kg": "0.4",
        "declared_value": "7.25",
        "currency": "EUR",
        "goods_description": "Tea",
        "hs_codes": "0902",
        "handling_codes": "GIFT",
    }


def test_an_identifier_is_told_by_what_stands_in_it(path):
    header = "Poststukcode,Klantnummer,Sender Name,Content description,Content value,Content HS"
    first, second = items(path, header, f"{S10},77,A,Tea,3,0902", "RX123456785ZA,78,A,Cups,3,6912")
    assert [first.values["shipment_id"], second.values["shipment_id"]] == [S10, "RX123456785ZA"]
    header = "Package ID,Tracking Number,Sender Name,Content description,Content value,Content HS"
    (item,) = items(path, header, f"778,{S10},A,Tea,3,0902")
    assert item.values["shipment_id"] == S10
    path.write_text(f"{header}\n778,1Z99912345,A,Tea,3,0902\n")
    assert recognise(path.read_bytes()) is not FORM


def test_who_calls_pieces_items(path):
    header = (
        "Package ID,Sender Name,Recipient Name,Total Declared Value (USD),Item Sequence,Item Description,"
    )
    header += "Item Quantity,Item Unit Value,Item Net Weight (oz),HS Tariff Number,Item Country of Origin"
    rows = (f"{S10},A,B,60,1,Belts,2,20,16,4203.30,US", f"{S10},A,B,60,2,Vitamins,1,20,16,2106.90,CA")
    (item,) = items(path, header, *rows)
    assert item.values["declared_value"] == "60"
    assert item.values["currency"] == "USD"
    assert lines(item)[0] == {
        "description": "Belts",
        "hs": "4203.30",
        "kg": 0.45359237,
        "value": 40.0,
        "origin": "US",
    }


def test_a_name_and_address_of_nobody_are_the_addressee_s(path):
    header = "AWB,NAME,ADDRESS_LINE_1,CITY,POSTAL_CODE,RECIPIENT_PHONE,CONTENT_TYPE,"
    header += "DETAILED_CONTENT_DESCRIPTIONS_1,DECLARED_VALUE_1,DECLARED_HS_CODE_1"
    (item,) = items(path, header, f"{S10},Marta,Calle 5,Santiago,832,56,SALE_GOODS,Cards,15,950440")
    assert item.values["consignee_name"] == "Marta"
    assert item.values["consignee_address"] == "Calle 5, Santiago, 832"
    assert item.values["handling_codes"] == "SALE-OF-GOODS"


def test_weights_no_item_can_have_in_kilograms_are_in_grams(path):
    header = "s10,weight,content description,content net weight,content hs"
    (item,) = items(path, header, f"{S10},320,Cards,40,950440")
    assert item.values["gross_weight_kg"] == "0.32"
    assert item.values["net_weight_kg"] == "0.04"
    (item,) = items(path, header, f"{S10},32,Books,31,4901")
    assert item.values["gross_weight_kg"] == "32"
    (item,) = items(path, header.replace("weight,", "weight kg,", 1), f"{S10},320,Books,31,4901")
    assert item.values["gross_weight_kg"] == "320"


def test_a_value_that_differs_from_row_to_row_is_of_the_pieces(path):
    header = "s10,content description,hs code,value,weight"
    (item,) = items(path, header, f"{S10},Tea,0902,3,0.5", f"{S10},Cups,6912,4.5,0.25")
    assert item.values["declared_value"] == "7.5"
    assert item.values["gross_weight_kg"] == "0.75"
    assert [(line["kg"], line["value"]) for line in lines(item)] == [(0.5, 3.0), (0.25, 4.5)]
    assert not item.doubts
    (item,) = items(path, header, f"{S10},Tea,0902,9,0.5", f"{S10},Cups,6912,9,0.5")
    assert item.values["declared_value"] == "9"
    assert item.values["gross_weight_kg"] == "0.5"


def test_weight_and_value_of_one_unit_are_taken_times_their_number(path):
    header = "s10,content description,content quantity,content unit weight (g),content unit value (GBP)"
    (item,) = items(path, header, f"{S10},T-shirts,3,250,10.50")
    assert lines(item) == [{"description": "T-shirts", "kg": 0.75, "value": 31.5, "currency": "GBP"}]


def test_country_of_posting_and_of_goods(path):
    header = "s10,country of origin,content description,content hs,country of origin of goods"
    (item,) = items(path, header, f"{S10},FR,Shoes,6403,IT")
    assert item.values["origin_country"] == "FR"
    assert lines(item)[0]["origin"] == "IT"


def test_units_of_contents_are_no_packages(path):
    """12 pencils in one parcel are one package: the lines must not seem to contradict the bill."""
    header = "s10,number of packages,content no,content description,content quantity,content packages"
    items(path, header, f"{S10},1,1,Pencils,12,", f"{S10},1,2,Rubbers,30,")
    table = manifest.read(path).table
    assert table["packages"].tolist() == [1.0]
    assert all("packages" not in line for line in json.loads(table["items"].iloc[0]))
    (item,) = items(path, header, f"{S10},3,1,Pencils,12,2", f"{S10},3,2,Rubbers,30,1")
    assert [line["packages"] for line in lines(item)] == [2.0, 1.0]


@pytest.mark.parametrize("count", [2, 1001])
def test_a_header_of_too_few_or_too_many_names_is_none(count):
    assert read_header(["item_id", "content_hs", *["x"] * 999][:count]) is None


@pytest.mark.parametrize(
    ("header", "row", "encoding"),
    [
        (
            "Numéro d'envoi;Nom de l'expéditeur;Nom du destinataire;Désignation du contenu;Quantité;Code SH",
            "Émile Durand;Kouassi A.;Livres d'occasion;3;490199",
            "cp1252",
        ),
        (
            "Номер отправления;Отправитель;Получатель;Описание вложения;Количество;Код ТН ВЭД",
            "Иванов И.И.;Li Wei;Книги;3;490199",
            "cp1251",
        ),
        ("运单号;寄件人姓名;收件人姓名;内件名称;数量;HS编码", "王伟;李娜;图书;3;490199", "gb18030"),
    ],
)
def test_headers_in_encodings_of_countries(path, header, row, encoding):
    text = f"{header}\n{S10};{row}\n"
    path.write_bytes(text.encode(encoding))
    assert recognise(path.read_bytes()) is FORM
    found = manifest.read(path).table
    assert found["shipper_name"].tolist() == [row.split(";")[0]]
    assert found["hs_codes"].tolist() == ["490199"]
