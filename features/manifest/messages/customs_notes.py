"""What a note to customs in an air cargo message is about: Cargo-IMP's OCI, Cargo-XML's IncludedCustomsNote.

One list of codes serves both: Customs, Security and Regulatory Control Information Identifier (IATA code list
1.100, data element 941), as printed in public copies of the Cargo-IMP manual and said in the comments of the
Cargo-XML schemas, read in November 2026. Whom or what a note is about stands beside it: ``SHP``, ``CNE``,
``NFY``, ``ISS``, ``IMP``, ``EXP``, ...

Codes that say nothing the shipment table holds are left out on purpose: A filer, AC account consignor, D
dangerous goods, DI declaration of the shipper, E authorised economic operator, ED expiry, I item number, KC
known consignor, L legend of an exemption, P packing list, RA regulated agent, RC regulated carrier, S
reference while a system was down, SD, SM, SN, SS and ST security status, U unique consignment reference, V
invoice.
"""

from __future__ import annotations

from features.manifest.schema import BY_NAME

#: Code -> column of the shipment table, whomever the note is about.
COLUMNS = {
    "C": "permit_refs",  # certificate number
    "LI": "permit_refs",  # licence: of export, of rough diamonds
    "N": "seal_ids",  # seal number
    "M": "declaration_id",  # movement reference number, and its like: ITN, export authorisation
    "F": "location",  # customs' code of a terminal or warehouse (FIRMS)
    "HS": "hs_codes",  # not of the list; countries that ask for headings have it written
}
#: Those that hold several.
LISTS = frozenset(name for name in COLUMNS.values() if BY_NAME[name].kind == "list")
#: Codes written for what a column holds; certificate stands for every kind of permit.
PERMIT, SEAL, DECLARATION, PLACE = "C", "N", "M", "F"
#: Number under which customs know a trader: of a company, for taxes, EORI.
TRADER = "T"
#: Telephone of whom the note is about, and the two sides of his mail address where ``@`` cannot be written.
TELEPHONE, MAILBOX, DOMAIN = "CT", "MU", "MD"
#: Whom a note is about -> role.
ROLES = {"SHP": "shipper", "CNE": "consignee", "NFY": "notify"}
