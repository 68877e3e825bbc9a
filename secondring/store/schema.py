"""The tables. Sealed columns hold what belongs to patients; all else may be read by whoever has the file.

Every table has a `seq`, which grows in the order of first writing and breaks ties between equal times.
References are checked when the transaction ends, so the order of writing within it does not matter.
A change here needs a migration in `migrations/versions`; a test compares the two.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TextClause,
    UniqueConstraint,
    text,
)

from secondring.store.columns import Blind, Instant, Sealed
from secondring.store.shapes import episode_reference as _episode
from secondring.store.shapes import instant as _instant
from secondring.store.shapes import maybe_words as _maybe
from secondring.store.shapes import row_id as _id
from secondring.store.shapes import row_seq as _seq
from secondring.store.shapes import words as _words

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
    }
)

NOT_CANCELLED = text("outgoing IS TRUE AND state <> 'cancelled'")
"""The texts that count against a cap. Written out: a bound value would not match the partial index."""
INCOMING = text("outgoing IS FALSE")
"""What patients wrote; written out for the same reason."""
TO_CLEAR = text("closed_at IS NOT NULL AND cleared <> 'numbers'")
"""Episodes that have ended and that something is left of for retention to remove."""
LOOSE = text("episode_id IS NULL AND caller_hash IS NOT NULL")
"""Calls that have a number and belong to no episode."""
NOT_DONE = text("state <> 'done'")
UNSIGNED = text("last_resort_at IS NOT NULL AND signed_at IS NULL")
"""Urgent cases that came to the last resort, until a person has signed for them."""


def _partial(name: str, *columns: ColumnElement[Any], where: ColumnElement[bool] | TextClause) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


meta = Table(
    "meta", metadata, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False)
)

KEY_CHECK = "key check"
"""The row of `meta` that ties a database to its key."""

episodes = Table(
    "episodes",
    metadata,
    _seq(),
    _id(),
    _words("site"),
    Column("caller", Sealed("episodes.caller")),
    Column("caller_hash", Blind),
    _words("origin"),
    _instant("opened_at", needed=True),
    _instant("window_ends_at", needed=True),
    Column("calls", Integer, nullable=False),
    _words("language"),
    _maybe("intent"),
    _instant("texted_at"),
    _instant("replied_at"),
    _instant("booking_asked_at"),
    _instant("urgent_at"),
    _instant("urgent_reached_at"),
    _instant("closed_at"),
    _maybe("outcome"),
    _maybe("did"),
    _maybe("queue"),
    _maybe("reason"),
    _maybe("template"),
    _instant("delivered_at"),
    _maybe("announcement"),
    Column("cleared", String, nullable=False, server_default=""),
)
Index("episodes_opened_at", episodes.c.opened_at)
_partial("episodes_to_clear", episodes.c.cleared, episodes.c.closed_at, where=TO_CLEAR)
Index("episodes_caller", episodes.c.caller_hash, episodes.c.opened_at)

calls = Table(
    "calls",
    metadata,
    _seq(),
    _words("pbx"),
    _words("uniqueid"),
    _words("site"),
    _words("direction"),
    Column("caller", Sealed("calls.caller")),
    Column("caller_hash", Blind),
    # Sealed because the DID of an outbound call is what was dialled: a patient's number.
    Column("did", Sealed("calls.did"), nullable=False),
    _maybe("queue"),
    _instant("started_at", needed=True),
    _instant("answered_at"),
    _instant("ended_at"),
    _maybe("verdict"),
    _maybe("reason"),
    _maybe("detail"),
    _words("caller_note"),
    _episode(needed=False),
    Column("partial", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    UniqueConstraint("uniqueid", "pbx"),
)
Index("calls_started_at", calls.c.started_at)
Index("calls_ended_at", calls.c.ended_at)
_partial("calls_episode", calls.c.episode_id, where=calls.c.episode_id.is_not(None))
_partial("calls_loose", calls.c.ended_at, where=LOOSE)
# On a server every call under way "has a PBX", so that only a question that names one is led to this index. Who looks
# for a caller has the last one below, and to PostgreSQL the two are alike while nothing is in them.
Index(
    "calls_open",
    calls.c.pbx,
    calls.c.started_at,
    sqlite_where=calls.c.verdict.is_(None),
    postgresql_where=calls.c.verdict.is_(None) & calls.c.pbx.is_not(None),
)
_partial("calls_on_line", calls.c.caller_hash, where=calls.c.verdict.is_(None))

texts = Table(
    "texts",
    metadata,
    _seq(),
    _id(),
    _episode(needed=True),
    _words("site"),
    Column("outgoing", Boolean, nullable=False),
    Column("patient", Sealed("texts.patient"), nullable=False),
    Column("patient_hash", Blind, nullable=False),
    _words("ours"),
    Column("body", Sealed("texts.body"), nullable=False),
    _words("template"),
    _words("state"),
    _instant("created_at", needed=True),
    _instant("due_at", needed=True),
    _instant("settled_at"),
    Column("attempts", Integer, nullable=False),
    _words("carrier"),
    _maybe("carrier_id"),
    _words("note"),
    Column("trail", String, nullable=False, server_default=""),
)
Index("texts_episode", texts.c.episode_id)
_partial("texts_carrier_id", texts.c.carrier_id, where=texts.c.carrier_id.is_not(None))
_partial("texts_in", texts.c.created_at, where=INCOMING)
_partial("texts_out", texts.c.created_at, texts.c.site, where=NOT_CANCELLED)
_partial("texts_out_to", texts.c.patient_hash, texts.c.created_at, where=NOT_CANCELLED)

tasks = Table(
    "tasks",
    metadata,
    _seq(),
    _id(),
    _episode(needed=True),
    _words("site"),
    _words("queue"),
    Column("caller", Sealed("tasks.caller")),
    _words("title"),
    Column("said", Sealed("tasks.said"), nullable=False),
    Column("urgent", Boolean, nullable=False),
    _instant("created_at", needed=True),
    _instant("due_at", needed=True),
    _words("state"),
    _maybe("owner"),
    _instant("closed_at"),
    _words("closed_because"),
    _instant("snoozed_until"),
)
Index("tasks_episode", tasks.c.episode_id)
Index("tasks_due", tasks.c.urgent.desc(), tasks.c.due_at)
_partial("tasks_to_do", tasks.c.urgent.desc(), tasks.c.due_at, where=NOT_DONE)

urgent_cases = Table(
    "urgent_cases",
    metadata,
    _seq(),
    _id(),
    _episode(needed=True),
    _words("site"),
    _words("trigger"),
    Column("caller", Sealed("urgent_cases.caller")),
    # Sealed because some trunks name a channel after the number that calls.
    Column("line", Sealed("urgent_cases.line"), nullable=False),
    _maybe("line_id"),
    _words("stage"),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    _words("attempts"),
    Column("made", Integer, nullable=False),
    Column("patient_tries", Integer, nullable=False),
    _maybe("accepted_by"),
    _instant("due_at", needed=True),
    _instant("give_up_at", needed=True),
    _instant("triggered_at", needed=True),
    _instant("first_ring_at"),
    _instant("accepted_at"),
    _instant("bridged_at"),
    _instant("last_resort_at"),
    _instant("closed_at"),
    _instant("signed_at"),
    _maybe("signed_by"),
)
Index("urgent_cases_episode", urgent_cases.c.episode_id)
Index("urgent_cases_triggered_at", urgent_cases.c.triggered_at)
_partial("urgent_cases_open", urgent_cases.c.triggered_at, where=urgent_cases.c.closed_at.is_(None))
_partial("urgent_cases_unsigned", urgent_cases.c.triggered_at, where=UNSIGNED)

decisions = Table(
    "decisions",
    metadata,
    _seq(),
    _instant("at", needed=True),
    _words("action"),
    _words("rule"),
    _words("because"),
    # No references: why something was chosen outlives what it was chosen about.
    _maybe("episode_id"),
    _maybe("call_pbx"),
    _maybe("call_uniqueid"),
    _maybe("text_id"),
)
_partial("decisions_episode", decisions.c.episode_id, where=decisions.c.episode_id.is_not(None))
_partial("decisions_call", decisions.c.call_uniqueid, where=decisions.c.call_uniqueid.is_not(None))

consents = Table(
    "consents",
    metadata,
    _seq(),
    Column("number", Sealed("consents.number"), nullable=False),
    Column("number_hash", Blind, nullable=False),
    Column("opted_out", Boolean, nullable=False),
    _instant("at", needed=True),
    _words("source"),
    Column("words", Sealed("consents.words"), nullable=False),
    _maybe("by"),
    _maybe("announcement"),
    # No references: the proof of a wish outlives what it was said in.
    _maybe("episode_id"),
    _maybe("text_id"),
    _maybe("confirmed_by"),
)
Index("consents_number", consents.c.number_hash, consents.c.at)

# By the keyed hash alone: whoever has the file learns nobody's number from it.
known_lines = Table(
    "known_lines",
    metadata,
    _seq(),
    Column("number_hash", Blind, nullable=False, unique=True),
    _words("line"),
    _words("source"),
    _instant("at", needed=True),
)

# What was counted in days and weeks that are over; `counted` makes the triggers that forget one
# as soon as something it counted is written.
tallies = Table(
    "tallies",
    metadata,
    Column("site", String, primary_key=True),
    Column("days", Integer, nullable=False),
    Column("begins_at", Instant, primary_key=True),
    Column("ends_at", Instant, primary_key=True),
    _words("numbers"),
)

alarms = Table(
    "alarms",
    metadata,
    _seq(),
    _id(),
    _words("kind"),
    _words("site"),
    _words("because"),
    _instant("raised_at", needed=True),
    _instant("last_at", needed=True),
    Column("times", Integer, nullable=False),
)
Index("alarms_raised_at", alarms.c.raised_at)
Index("alarms_last", alarms.c.kind, alarms.c.site, alarms.c.seq)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("name", String, primary_key=True),
    _words("place"),
)

notes = Table(
    "carrier_notes",
    metadata,
    _seq(),
    _words("shelf"),
    _words("name"),
    Column("words", Sealed("carrier_notes.words"), nullable=False),
    _instant("at", needed=True),
    UniqueConstraint("shelf", "name"),
)

jobs = Table(
    "jobs",
    metadata,
    _seq(),
    Column("key", String, nullable=False, unique=True),
    _words("kind"),
    _words("ref"),
    _instant("due_at", needed=True),
    Column("attempts", Integer, nullable=False),
    _instant("leased_until"),
    Column("fence", BigInteger, nullable=False),
)
_partial("jobs_free", jobs.c.kind, jobs.c.due_at, where=jobs.c.leased_until.is_(None))
_partial("jobs_leased", jobs.c.kind, where=jobs.c.leased_until.is_not(None))
