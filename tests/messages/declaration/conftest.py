"""Declarations, what they are built of, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from features.manifest.messages.declaration import FORM
from features.manifest.messages.form import Form

HEAD = (
    (Path(__file__).parent.parent / "samples" / "declaration" / "head.xml")
    .read_text(encoding="utf-8")
    .strip()
)


def _item(bill: str, heading: str = "44034900", origin: str = "MZ", extra: str = "") -> str:
    return f"""<Item>{extra}<Packages><Number_of_packages>25</Number_of_packages>
<Marks1_of_packages>N/M</Marks1_of_packages><Marks2_of_packages><null/></Marks2_of_packages>
<Kind_of_packages_code>PK</Kind_of_packages_code></Packages>
<Tarification><HScode><Commodity_code>{heading}</Commodity_code><Precision_1>00</Precision_1></HScode>
<Item_price>3050</Item_price></Tarification>
<Goods_description><Country_of_origin_code>{origin}</Country_of_origin_code>
<Description_of_goods>- - Other</Description_of_goods>
<Commercial_Description>GOODS {heading}</Commercial_Description></Goods_description>
<Previous_doc><Summary_declaration>{bill}</Summary_declaration><Summary_declaration_sl><null/>
</Summary_declaration_sl><Previous_document_reference>2026/INV/1</Previous_document_reference></Previous_doc>
<Licence_number>CITES-9</Licence_number>
<Taxation><Taxation_line><Duty_tax_code>VAT</Duty_tax_code></Taxation_line></Taxation>
<Valuation_item><Weight_itm><Gross_weight_itm>100.5</Gross_weight_itm><Net_weight_itm>90</Net_weight_itm>
</Weight_itm><Statistical_value>9</Statistical_value><Item_Invoice>
<Amount_foreign_currency>3050.25</Amount_foreign_currency><Currency_code>USD</Currency_code></Item_Invoice>
</Valuation_item></Item>"""


def _paper(code: str, reference: str, name: str = "") -> str:
    return (
        f"<Attached_documents><Attached_document_code>{code}</Attached_document_code>"
        f"<Attached_document_name>{name}</Attached_document_name>"
        f"<Attached_document_reference>{reference}</Attached_document_reference></Attached_documents>"
    )


def _declaration(*items: str, head: str = HEAD, tail: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ASYCUDA id="1">{head}{"".join(items)}{tail}</ASYCUDA>\n'


@pytest.fixture(scope="session")
def form() -> Form:
    """The format of this folder."""
    return FORM


@pytest.fixture(scope="session")
def item() -> Callable[..., str]:
    """Make an item of a declaration that names a bill."""
    return _item


@pytest.fixture(scope="session")
def paper() -> Callable[..., str]:
    """Make an attached document."""
    return _paper


@pytest.fixture(scope="session")
def declaration() -> Callable[..., str]:
    """Make a declaration of items."""
    return _declaration
