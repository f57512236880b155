"""Codes in words: what the app, the prints and the commands call what is kept as a code.

English words by kind and code; another language looks them up in its catalogue. A code that is not here yet
is told as it is, with spaces for underscores, so that nothing is ever left out.
"""

from __future__ import annotations

from typing import Final

from features.registry import FAMILIES
from risk.language import BY_CODE, gettext

#: Kind -> code -> English words.
WORDS: Final[dict[str, dict[str, str]]] = {
    "role": {
        "officer": "Officer",
        "supervisor": "Supervisor",
        "analyst": "Analyst",
        "auditor": "Auditor",
        "admin": "Administrator",
    },
    "mode": {
        "sea": "Sea",
        "air": "Air",
        "express": "Express courier",
        "post": "Post",
        "road": "Road",
        "rail": "Rail",
    },
    "direction": {
        "import": "Import",
        "export": "Export",
        "transit": "Transit",
        "transhipment": "Transhipment",
    },
    "bill_level": {
        "master": "Master bill",
        "house": "House bill",
        "direct": "Direct bill",
    },
    "load_status": {
        "full": "Full container",
        "part": "Part of a container",
        "empty": "Empty container",
    },
    "party_role": {
        "shipper": "Shipper",
        "consignee": "Consignee",
        "notify": "Party to notify",
        "other": "Others",
    },
    "step": {
        "": "Nothing done yet",
        "selected": "Selected",
        "hold_asked": "Hold asked for",
        "located": "Located",
        "presented": "Presented",
        "opened": "Opened",
        "gone": "Gone",
        "refused": "Refused",
    },
    "raise": {
        "tip": "A tip",
        "seen_before": "Seen before",
        "looks_wrong": "Looks wrong",
        "dog_or_scan": "Dog or scanner",
        "papers_wrong": "Papers are wrong",
        "other_agency": "Another agency asks for it",
        "other": "Another reason",
    },
    "lower": {
        "known_trader_checked": "Known trader, checked",
        "opened_elsewhere": "Opened elsewhere",
        "permit_seen": "Permit seen",
        "data_error": "Error in the data",
        "cannot_be_reached": "Cannot be reached",
        "other": "Another reason",
    },
    "override": {
        "raise": "Raised",
        "lower": "Lowered",
        "waiting": "Waits for a second signature",
        "in_force": "In force",
        "refused": "Second signature refused",
        "withdrawn": "Withdrawn",
    },
    "inspection": {
        "not_inspected": "Not inspected",
        "documents": "Documents",
        "scan": "Scan",
        "dog": "Dog",
        "partial": "Partial unload",
        "full": "Full unload",
    },
    "why_not": {
        "no_time": "No time",
        "no_staff": "No staff",
        "gone": "Already gone",
        "not_found": "Not found",
        "refused": "Refused",
        "other_agency": "Left to another agency",
        "other": "Another reason",
    },
    "found": {
        "clean": "Nothing found",
        "live_animals": "Live animals",
        "wildlife_products": "Wildlife products",
        "other_offence": "Other offence",
    },
    "status": {
        "provisional": "Provisional",
        "confirmed": "Confirmed",
        "overturned": "Overturned",
    },
    "where": {
        "front": "At the door",
        "middle": "In the middle",
        "back": "At the far end",
        "bottom": "At the bottom",
        "top": "On top",
        "walls": "In the walls",
        "false_bottom": "Under a false floor",
        "in_goods": "Inside the goods",
        "baggage": "In baggage",
        "other": "Elsewhere",
    },
    "selected_by": {
        "model": "Model",
        "random": "Random draw",
        "officer": "Officer",
        "rule": "Local rule",
        "intelligence": "Intelligence",
        "dog": "Dog",
        "other_system": "Another system",
        "": "Not selected",
    },
    "family": dict(FAMILIES),
    "job": {
        "queued": "Waiting",
        "running": "Running",
        "done": "Done",
        "failed": "Failed",
        "stopped": "Stopped",
    },
    "job_kind": {
        "load": "Load files",
        "score": "Score again",
        "backup": "Backup",
        "restore": "Restore",
        "purge": "Purge",
        "verify": "Verify the ledger",
    },
    "risk_basis": {
        "prior": "Not known for this port",
        "port": "Learnt from this port's inspections",
    },
    "band": {
        "very_high": "Very high",
        "high": "High",
        "medium": "Medium",
        "low": "Low",
    },
    "hold": {
        "court_case": "Court case",
        "investigation": "Investigation",
        "complaint": "Complaint",
        "other_agency": "Another agency asks for it",
        "audit": "Audit",
    },
    "lift": {
        "case_closed": "Case closed",
        "no_longer_needed": "No longer needed",
        "set_by_mistake": "Set by mistake",
    },
    "watch": {
        "party": "Party",
        "address": "Address",
        "route": "Route",
        "goods": "Tariff code",
        "word": "Word",
        "phone": "Telephone number",
        "email": "E-mail address",
        "identifier": "Registration number",
    },
    "watch_state": {
        "waiting": "Not yet valid",
        "in_force": "In force",
        "expired": "Expired",
        "ended": "Ended",
        "replaced": "Replaced",
    },
    "reliability": {
        "A": "Completely reliable",
        "B": "Usually reliable",
        "C": "Fairly reliable",
        "D": "Not usually reliable",
        "E": "Unreliable",
        "F": "Reliability cannot be judged",
        "X": "Not tested",
    },
    "credibility": {
        "1": "Confirmed by other sources",
        "2": "Probably true",
        "3": "Possibly true",
        "4": "Doubtful",
        "5": "Improbable",
        "6": "Truth cannot be judged",
    },
    "hash": {
        "record": "Record of the score",
        "batch": "Records loaded together",
        "list": "List",
        "list_data": "Data of the list",
        "draw": "Draw of the list",
        "photo": "Photo",
    },
    # Of the simulated days of a drill; what `risk.taxa` names is not repeated here.
    "animal": {
        "Dudleya": "Dudleya",
        "afrormosia": "afrormosia wood",
        "arowana": "arowana",
        "baboon": "baboon",
        "bearded dragon": "bearded dragon",
        "black coral": "black coral",
        "box turtle": "box turtle",
        "bubinga": "bubinga wood",
        "carnivorous plant": "carnivorous plant",
        "cedrela": "cedrela wood",
        "centipede": "centipede",
        "cobra": "cobra",
        "day gecko": "day gecko",
        "eel": "eel",
        "fennec": "fennec",
        "gecko": "gecko",
        "gibbon": "gibbon",
        "ginseng": "ginseng",
        "hoodia": "hoodia",
        "humphead wrasse": "humphead wrasse",
        "ipe": "ipê wood",
        "isopod": "isopod",
        "lizard": "lizard",
        "mantis": "mantis",
        "marmoset": "marmoset",
        "meerkat": "meerkat",
        "millipede": "millipede",
        "mongoose": "mongoose",
        "monitor": "monitor lizard",
        "mud turtle": "mud turtle",
        "parrot egg": "parrot egg",
        "peafowl": "peafowl",
        "poison frog": "poison frog",
        "ramin": "ramin wood",
        "rat snake": "rat snake",
        "red panda": "red panda",
        "saker egg": "saker falcon egg",
        "sea fan": "sea fan",
        "skink": "skink",
        "spotted pond turtle": "spotted pond turtle",
        "star tortoise shell": "star tortoise shell",
        "sun bear": "sun bear",
        "tegu": "tegu",
        "tiger part": "tiger part",
        "turtle": "turtle",
        "vicuna": "vicuña",
        "viper": "viper",
        "walrus": "walrus",
    },
    "topic": {
        "live_animal_first_aid": "First aid for live animals",
        "wildlife_authority": "Wildlife authority",
        "vet": "Veterinarian",
        "rescue_centre": "Rescue centre",
        "cites_management_authority": "CITES management authority",
        "prosecutor": "Prosecutor",
        "airline": "Airline",
        "terminal": "Terminal",
    },
    "ground": {
        "claim": "Claimed",
        "list": "On a list",
        "terminal": "At their place of work",
        "none": "None of these",
    },
    "stage": {
        "champion": "In force",
        "shadow": "Beside the one in force",
        "retired": "In use before",
    },
    "check": {
        "ledger": "Ledger",
        "batches": "Loads",
        "records": "Records of scores",
        "purges": "Purges",
        "photos": "Photos",
        "secret": "Secret of the site",
        "outcomes": "Outcomes",
        "lists": "Published lists",
    },
    "check_state": {
        "holds": "Holds",
        "broken": "Does not hold",
        "unchecked": "Not checked",
    },
    "review": {
        "source": "Written in this language.",
        "unread": "Translated by the makers of this program; not read by a native speaker yet.",
        "read": "Read by a native speaker.",
    },
    "setting": {
        "port_name": "Name of the port",
        "detecting_agency": "Detecting agency",
        "time_zone": "Time zone",
        "language": "Language",
        "capacity": "Inspections possible",
        "random_share": "Random share",
        "reasons": "Reasons told",
        "claim_minutes": "Minutes a claim lasts",
        "session_minutes": "Minutes until signed out",
        "sample": "Sample day",
        "drill": "Drill",
        "clock": "Clock",
        "keep_days": "Days kept: traders",
        "keep_days_people": "Days kept: private people",
        "keep_days_files": "Days kept: files",
        "keep_days_photos": "Days kept: photos",
    },
    "ledger": {
        "account.added": "Account added",
        "account.changed": "Account changed",
        "batch": "Files loaded",
        "claim": "Claimed",
        "claim.released": "Claim given up",
        "backup": "Backup made",
        "contact.added": "Contact added",
        "contact.changed": "Contact changed",
        "contact.ended": "Contact ended",
        "drill.begun": "Drill begun",
        "drill.ended": "Drill ended",
        "file.added": "File handed in",
        "finds.exported": "Finds exported",
        "hold": "Legal hold set",
        "hold.lifted": "Legal hold lifted",
        "job.asked": "Job asked for",
        "job.done": "Job done",
        "job.failed": "Job failed",
        "job.stop": "Job asked to stop",
        "job.stopped": "Job stopped",
        "list.published": "List published",
        "login": "Signed in",
        "login.locked": "Sign-in closed for a while",
        "login.refused": "Sign-in refused",
        "login.unknown": "Sign-in with an unknown name",
        "logout": "Signed out",
        "mapping.dropped": "Mapping dropped",
        "mapping.saved": "Mapping kept",
        "margins": "Margins looked at",
        "model": "Model in force",
        "note": "Note written",
        "outcome": "Outcome entered",
        "override": "Raised or lowered",
        "override.refused": "Second signature refused",
        "override.signed": "Second signature given",
        "override.withdrawn": "Raise or lowering withdrawn",
        "photo": "Photo kept",
        "purge": "Purged by rule",
        "restore": "Backup restored",
        "rule.added": "Rule added",
        "rule.changed": "Rule changed",
        "rule.ended": "Rule ended",
        "settings": "Settings changed",
        "site.secret": "Secret of the site",
        "step": "Step noted",
        "view": "Shipment looked at",
        "view.dropped": "View dropped",
        "view.saved": "View kept",
        "watch.added": "List entry added",
        "watch.changed": "List entry changed",
        "watch.ended": "List entry ended",
        "watch.exported": "List exported",
        "watch.forgotten": "List entries forgotten",
        "watch.imported": "List imported",
    },
}


def word(kind: str, code: str, language: str) -> str:
    """Return a code in words.

    Parameters
    ----------
    kind : str
        A key of `WORDS`.
    code : str
    language : str
        One of `risk.language.LANGUAGES`.

    Examples
    --------
    >>> word("step", "hold_asked", "en"), word("step", "sent_on", "en")
    ('Hold asked for', 'Sent on')
    """
    english = WORDS[kind].get(code)
    if english is None:
        told = code.replace("_", " ").replace(".", ": ")
        return told[:1].upper() + told[1:]
    return gettext(english, language)


def words(kind: str, language: str) -> dict[str, str]:
    """Return every code of a kind with its words, in the order they are offered in."""
    return {code: gettext(english, language) for code, english in WORDS[kind].items()}


def review(language: str, told_in: str) -> str:
    """Return how far a language has been reviewed, told in a language."""
    return word("review", BY_CODE[language].review, told_in)
