"""What the database holds, as SQLAlchemy tables; the same on SQLite and PostgreSQL.

Times are UTC without a zone. Whatever tells of people or was declared about a shipment stands in tables
that can be purged by rule (`PURGED`); all else holds ids, codes and numbers. Nothing that was decided or
found is changed in place: a correction is a further row that names the one it takes the place of.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True, autoincrement=True)


def _to(table: str, name: str, *, needed: bool = True, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.ForeignKey(f"{table}.id"), nullable=not needed, index=index)


def _text(name: str, *, default: str | None = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _time(name: str, *, needed: bool = True, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime, nullable=not needed, index=index)


# --- the port -------------------------------------------------------------------------------

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
    _time("changed_at"),
)

users = sa.Table(
    "users",
    metadata,
    _id(),
    sa.Column("login", sa.String(80), nullable=False, unique=True),
    _text("name"),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("language", sa.String(8), nullable=False, server_default="en"),
    _text("terminal"),  # where somebody works: a look at what lies elsewhere is counted (access)
    # argon2; empty for people who come by OIDC or a trusted proxy.
    _text("password_hash"),
    sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
    _time("locked_until", needed=False),
    _time("created_at"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    # SHA-256 of the token a browser holds.
    sa.Column("token_hash", sa.String(64), primary_key=True),
    _to("users", "user_id", index=True),
    _time("created_at"),
    _time("seen_at"),
    _time("expires_at"),
)

models = sa.Table(
    "models",
    metadata,
    _id(),
    sa.Column("model_id", sa.String(80), nullable=False, unique=True),
    sa.Column("stage", sa.String(20), nullable=False),  # champion, shadow, retired
    sa.Column("risk_basis", sa.String(10), nullable=False),
    _text("path"),  # empty: the starter model
    _time("changed_at"),
)

# --- what came in ---------------------------------------------------------------------------

files = sa.Table(
    "files",
    metadata,
    _id(),
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    _text("name"),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    _time("arrived_at"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    _id(),
    sa.Column("kind", sa.String(20), nullable=False),
    # queued, running, done, failed, stopped
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("asked", sa.JSON, nullable=False),
    _to("users", "asked_by", needed=False),
    _time("asked_at"),
    _time("started_at", needed=False),
    _time("ended_at", needed=False),
    # A running job without a heartbeat has lost its worker and is taken up again.
    _time("heartbeat_at", needed=False),
    _text("worker"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("stop_asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("total", sa.Integer, nullable=False, server_default="0"),
    _text("message"),
    sa.Column("result", sa.JSON),
)

batches = sa.Table(
    "batches",
    metadata,
    _id(),
    _to("jobs", "job_id", needed=False, index=True),
    # loading until every row of it stands, then ready
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("model_id", sa.String(80), nullable=False),
    sa.Column("risk_basis", sa.String(10), nullable=False),
    _text("state_digest"),
    _text("code_digest"),
    _text("data_hash"),
    sa.Column("counts", sa.JSON, nullable=False),
    # Whether its shipments are in the port's past (`risk.remembering`).
    sa.Column("remembered", sa.Boolean, nullable=False, server_default=sa.false()),
    _time("scored_at"),
)

problems = sa.Table(
    "problems",
    metadata,
    _id(),
    _to("batches", "batch_id", index=True),
    sa.Column("rejected", sa.Boolean, nullable=False),
    _text("source_file"),
    _text("source_position"),
    _text("bill"),
    _text("column"),
    _text("value"),
    _text("expected"),
)

# --- shipments ------------------------------------------------------------------------------

shipments = sa.Table(
    "shipments",
    metadata,
    _id(),
    sa.Column("bill", sa.Text, nullable=False, unique=True),
    # Consignee or consignor is a person, not a trader: another time of keeping (retention).
    sa.Column("natural_person", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("legal_hold", sa.Boolean, nullable=False, server_default=sa.false()),
    _time("first_known_at"),
)

versions = sa.Table(
    "versions",
    metadata,
    _id(),
    _to("shipments", "shipment_id", index=True),
    _to("batches", "batch_id", index=True),
    sa.Column("number", sa.Integer, nullable=False),
    # The one people work with; at most one per shipment.
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    _time("known_at", index=True),
    _time("arrives_at", needed=False, index=True),
    _time("available_until", needed=False),
    sa.Column("mode", sa.String(10), nullable=False, server_default=""),
    sa.Column("direction", sa.String(15), nullable=False, server_default=""),
    _text("location"),
    _text("conveyance"),  # vessel or flight
    _text("master_bill"),
    _text("containers"),
    _text("goods"),
    sa.Column("heading", sa.String(10), nullable=False, server_default=""),
    sa.Column("origin", sa.String(2), nullable=False, server_default=""),
    sa.Column("destination", sa.String(2), nullable=False, server_default=""),
    _text("loading_port"),
    _text("discharge_port"),
    sa.Column("packages", sa.Float),
    sa.Column("gross_weight_kg", sa.Float),
    sa.UniqueConstraint("shipment_id", "number"),
    # What travels together (`risk.store.past`).
    sa.Index("ix_versions_master_bill", "master_bill"),
    sa.Index("ix_versions_conveyance", "conveyance"),
)
#: The declared row whole, and what of it is searched. Purged.
declared = sa.Table(
    "declared",
    metadata,
    sa.Column("version_id", sa.ForeignKey("versions.id"), primary_key=True),
    sa.Column("row", sa.JSON, nullable=False),
    # Which messages said it, so that a later one meets the rules as if both were read together.
    sa.Column("origin", sa.JSON, nullable=False),
    _text("search"),
)

#: Which party a version names in which role: keyed hashes of its writing and of its id number.
party_marks = sa.Table(
    "party_marks",
    metadata,
    sa.Column("version_id", sa.ForeignKey("versions.id"), primary_key=True),
    sa.Column("role", sa.String(10), primary_key=True),
    sa.Column("mark", sa.String(64), primary_key=True),
    # Covers what a party's past is looked up by: a forwarder's mark stands on many thousands of rows.
    sa.Index("ix_party_marks_mark_role_version_id", "mark", "role", "version_id"),
)

scores = sa.Table(
    "scores",
    metadata,
    _id(),
    _to("versions", "version_id", index=True),
    _to("batches", "batch_id", index=True),
    sa.Column("model_id", sa.String(80), nullable=False),
    sa.Column("shadow", sa.Boolean, nullable=False, server_default=sa.false()),
    # The one people work with; of a version scored again the earlier score stays and is not.
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("log_odds", sa.Float, nullable=False),
    sa.Column("risk", sa.Float, nullable=False),
    sa.Column("risk_live_animals", sa.Float),
    sa.Column("risk_wildlife_products", sa.Float),
    sa.Column("risk_basis", sa.String(10), nullable=False),
    # Family of reasons -> log-odds; no text of the shipment.
    sa.Column("families", sa.JSON, nullable=False),
    _text("notes"),
    # SHA-256 of the score record; stands after the record is purged.
    sa.Column("record_hash", sa.String(64), nullable=False),
)

#: Reasons as records, with the values they quote. Purged.
reasons = sa.Table(
    "reasons",
    metadata,
    sa.Column("score_id", sa.ForeignKey("scores.id"), primary_key=True),
    sa.Column("records", sa.JSON, nullable=False),
    # As they were told first, in the language of the port then.
    sa.Column("told", sa.JSON, nullable=False),
)

#: What the model saw: enough to replay the score to the bit. Purged.
records = sa.Table(
    "records",
    metadata,
    sa.Column("score_id", sa.ForeignKey("scores.id"), primary_key=True),
    sa.Column("record", sa.LargeBinary, nullable=False),
)

# --- lists ----------------------------------------------------------------------------------

lists = sa.Table(
    "lists",
    metadata,
    _id(),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    _to("lists", "after_id", needed=False),  # a supplementary list names the one it adds to
    sa.Column("capacity", sa.JSON, nullable=False),
    sa.Column("random_share", sa.Float, nullable=False),
    sa.Column("model_id", sa.String(80), nullable=False),
    sa.Column("risk_basis", sa.String(10), nullable=False),
    sa.Column("data_hash", sa.String(64), nullable=False),
    # SHA-256 of the draw's key, which is made from the site's secret when it is needed.
    sa.Column("draw_commitment", sa.String(64), nullable=False),
    sa.Column("shipments", sa.Integer, nullable=False),
    sa.Column("expected_finds", sa.JSON),
    _to("users", "published_by", needed=False),
    _time("published_at", index=True),
)

list_rows = sa.Table(
    "list_rows",
    metadata,
    sa.Column("list_id", sa.ForeignKey("lists.id"), primary_key=True),
    sa.Column("shipment_id", sa.ForeignKey("shipments.id"), primary_key=True),
    _to("scores", "score_id"),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    # officer, rule, model, random or empty; who looks at the list is not told until the outcome is in
    sa.Column("selected_by", sa.String(15), nullable=False),
    sa.Column("selection_probability", sa.Float, nullable=False),
    _text("pool"),
    sa.Index("ix_list_rows_shipment_id", "shipment_id"),
    # The chosen of a list among the many that were ranked.
    sa.Index("ix_list_rows_selected_by_list_id", "selected_by", "list_id"),
)

# --- what officers do -----------------------------------------------------------------------

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("shipment_id", sa.ForeignKey("shipments.id"), primary_key=True),
    _to("users", "user_id", index=True),
    _time("claimed_at"),
    _time("expires_at"),
)

overrides = sa.Table(
    "overrides",
    metadata,
    _id(),
    _to("shipments", "shipment_id", index=True),
    sa.Column("direction", sa.String(5), nullable=False),  # raise, lower
    sa.Column("code", sa.String(30), nullable=False),
    # waiting (for a second signature), in_force, refused, withdrawn
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("model_rank", sa.Integer),
    _to("users", "user_id"),
    _time("at", index=True),
    _to("users", "second_id", needed=False),
    _time("second_at", needed=False),
)

steps = sa.Table(
    "steps",
    metadata,
    _id(),
    _to("shipments", "shipment_id", index=True),
    # selected, hold_asked, located, presented, opened, gone, refused
    sa.Column("step", sa.String(12), nullable=False),
    _to("users", "user_id", needed=False),
    _time("at"),
)

outcomes = sa.Table(
    "outcomes",
    metadata,
    _id(),
    _to("shipments", "shipment_id", index=True),
    _to("outcomes", "replaces_id", needed=False),
    # The one in force; a corrected one stays and is not.
    sa.Column("current", sa.Boolean, nullable=False),
    # Sent twice, kept once: the browser's own number of what it sends.
    sa.Column("request", sa.String(64), nullable=False, unique=True),
    sa.Column("inspection", sa.String(15), nullable=False),  # not_inspected, documents, scan, dog, …
    _text("why_not"),
    sa.Column("status", sa.String(12), nullable=False),  # provisional, confirmed, overturned
    sa.Column("found", sa.JSON, nullable=False),  # list of clean, live_animals, wildlife_products, …
    sa.Column("permit_valid", sa.Boolean),
    sa.Column("taxa", sa.JSON, nullable=False),
    sa.Column("where_in_load", sa.String(30), nullable=False, server_default=""),
    sa.Column("pieces", sa.Integer),
    sa.Column("kg", sa.Float),
    sa.Column("alive", sa.Integer),
    _text("evidence_reference"),
    sa.Column("selected_by", sa.String(15), nullable=False, server_default=""),
    sa.Column("selection_probability", sa.Float),
    sa.Column("remembered", sa.Boolean, nullable=False, server_default=sa.false()),
    _time("inspected_at", needed=False, index=True),  # missing: not inspected
    _to("users", "user_id", needed=False),
    _time("at", index=True),
)

photos = sa.Table(
    "photos",
    metadata,
    _id(),
    _to("outcomes", "outcome_id", index=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("media_type", sa.String(40), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    _time("at"),
)

#: What people wrote in their own words. Purged.
remarks = sa.Table(
    "remarks",
    metadata,
    _id(),
    _to("shipments", "shipment_id", index=True),
    # note, override, outcome, and the row it belongs to
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("of_id", sa.Integer),
    _text("text"),
    _to("users", "user_id"),
    _time("at"),
)

# --- lists of what to watch, rules, people to call ------------------------------------------

watch_entries = sa.Table(
    "watch_entries",
    metadata,
    _id(),
    # party, address, route, goods, word, phone, email, identifier
    sa.Column("kind", sa.String(12), nullable=False),
    _text("value"),
    sa.Column("folded", sa.Text, nullable=False, index=True),
    _text("reason"),
    sa.Column("source_grade", sa.String(4), nullable=False, server_default=""),
    sa.Column("restricted", sa.Boolean, nullable=False, server_default=sa.false()),
    _text("lead"),  # seller handle, listing: where an entry came from
    sa.Column("floor", sa.Integer),  # what it hits stands no lower than this place
    _to("watch_entries", "replaces_id", needed=False, index=True),
    _to("users", "owner_id"),
    _time("valid_from"),
    _time("expires_at", needed=False),
    _time("ended_at", needed=False),
    _time("at"),
)

watch_hits = sa.Table(
    "watch_hits",
    metadata,
    sa.Column("entry_id", sa.ForeignKey("watch_entries.id"), primary_key=True),
    sa.Column("version_id", sa.ForeignKey("versions.id"), primary_key=True),
    sa.Column("column", sa.String(40), primary_key=True),
    # When it was worked out: a hit later than an outcome had no part in it.
    _time("at"),
    sa.Index("ix_watch_hits_version_id", "version_id"),
)

rules = sa.Table(
    "rules",
    metadata,
    _id(),
    _text("name"),
    _text("condition"),
    _text("reason"),
    sa.Column("floor", sa.Integer, nullable=False),  # no lower than this rank
    _to("rules", "replaces_id", needed=False, index=True),
    _to("users", "owner_id"),
    _time("valid_from"),
    _time("ended_at", needed=False),
    _time("at"),
)

rule_hits = sa.Table(
    "rule_hits",
    metadata,
    sa.Column("rule_id", sa.ForeignKey("rules.id"), primary_key=True),
    sa.Column("version_id", sa.ForeignKey("versions.id"), primary_key=True),
    _time("at"),
    sa.Index("ix_rule_hits_version_id", "version_id"),
)

contacts = sa.Table(
    "contacts",
    metadata,
    _id(),
    sa.Column("topic", sa.String(30), nullable=False),
    _text("name"),
    _text("phone"),
    _text("email"),
    _text("hours"),
    _text("note"),
    _to("contacts", "replaces_id", needed=False),
    _time("at"),
    _time("ended_at", needed=False),
)

mappings = sa.Table(
    "mappings",
    metadata,
    _id(),
    sa.Column("sender", sa.String(200), nullable=False, unique=True),
    _text("toml"),
    _to("users", "user_id", needed=False),
    _time("at"),
)

saved_views = sa.Table(
    "saved_views",
    metadata,
    _id(),
    _to("users", "user_id", index=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("filters", sa.JSON, nullable=False),
    _time("at"),
    sa.UniqueConstraint("user_id", "name"),
)

# --- what was purged, and the ledger --------------------------------------------------------

purges = sa.Table(
    "purges",
    metadata,
    _id(),
    _to("versions", "version_id", index=True),
    sa.Column("rule", sa.String(40), nullable=False),
    # The shipment's key in the port's past, until that has forgotten it too (`risk.purging`).
    sa.Column("past_key", sa.BigInteger),
    _time("at"),
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(200), nullable=False, index=True),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("before", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

#: Tables of personal and declared fields: rows of them go when their time of keeping ends.
PURGED = (declared, reasons, records, remarks)
