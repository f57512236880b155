"""Reading flat ITMATT files in few words."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from features.manifest.messages.form import Broken, Shipment
from features.manifest.messages.itmatt import FORM

_PLAIN = """\
item_id_s10,item_category,handling_class,posting_date,orig_country,dest_country,sender_name,sender_address,\
sender_city,addressee_name,addressee_address,addressee_city,addressee_phone,nature_of_transaction,\
gross_weight_kg,declared_value,currency,content_piece_no,content_qty,content_description,content_hs,\
content_net_weight_kg,content_value,content_origin_country
RX123456785ZA,SP,R,2026-10-12,ZA,HK,J EXAMPLE,1 EXAMPLE RD,PRETORIA,EXAMPLE CO,FLAT 1,SHEUNG WAN,,GIFT,\
1.500,20.00,USD,1,2,TOYS,950300,1.400,20.00,ZA
CP001020301IN,CP,N,2026-10-14,IN,HK,A EXAMPLE,2 EXAMPLE RD,CHENNAI,EXAMPLE FOODS,SHOP 2,SHEUNG WAN,,\
SALE OF GOODS,5.000,45.00,USD,1,6,DRIED FOOD,210690,4.800,45.00,IN
"""
_SEMICOLONS = """\
ITMATT export;;;;;;;;;;;;;;
Postal item identifier;Mail class;Office of exchange;Destination office;Sender.Name;Sender.Company;\
Sender.Street;Sender.Postcode;Sender.City;Sender.Country;Recipient name;Recipient country;\
Importer's reference;Weight (g);Postage paid;\
Content description;Content quantity;Content net weight (g);Content unit value;Content currency;\
HS tariff number;Country of origin;Certificate no;Date of posting;Dispatch no;Insured value
EE 876 543 219 GB;E;GBLALA;HKHKGA;Jane Example;Example Ltd;1 High St;E1 6AN;London;GB;陳大文;HK;\
HK-77;1.250,5;12,00;Wooden combs;3;400;7,50;GBP;4421.99;CN;CITES-1;31/10/2026;0123;
EE 876 543 219 GB;E;GBLALA;HKHKGA;Jane Example;Example Ltd;1 High St;E1 6AN;London;GB;陳大文;HK;\
HK-77;1.250,5;12,00;Tea;2;350;4,00;GBP;0902;IN;;31/10/2026;0123;
"""
_HEAD = (
    "s10_id,message_date,message_function,sender_name,item_weight_kg,"
    "content_description,content_value,content_currency"
)


def _read(text: str | bytes, suffix: str = ".csv") -> list[Shipment | Broken]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mail{suffix}"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        found = list(FORM.read(path))
    for each in found:
        if isinstance(each, Shipment):
            assert set(each.values) <= set(FORM.columns)
            assert all(isinstance(value, str) and value for value in each.values.values())
    return found


def _one(text: str | bytes) -> Shipment:
    (found,) = _read(text)
    assert isinstance(found, Shipment)
    return found


@pytest.fixture(scope="session")
def read():
    """Read a text."""
    return _read


@pytest.fixture(scope="session")
def one():
    """Read a text that tells of one item."""
    return _one


@pytest.fixture(scope="session")
def plain():
    """Two items under the names of the standard's elements."""
    return _PLAIN


@pytest.fixture(scope="session")
def semicolons():
    """One item in two rows, as another post writes it."""
    return _SEMICOLONS


@pytest.fixture(scope="session")
def head():
    """Names of a small table."""
    return _HEAD
