"""Records to fill books with, and a database for each test that costs a file copy, not a migration."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from secondring.domain.calls import Direction
from secondring.domain.ids import (
    AlarmId,
    CallId,
    EpisodeId,
    JobKey,
    SiteId,
    Uniqueid,
    episode_id,
    task_id,
    text_id,
    urgent_id,
)
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import (
    Call,
    Consent,
    DecisionRecord,
    Episode,
    Job,
    KeptAlarm,
    Task,
    Text,
    TextState,
)
from secondring.domain.urgent_case import Trigger, UrgentCase
from secondring.store.keys import Key
from secondring.store.migrate import upgrade
from secondring.store.sqlstore import SqlStore

NOW = datetime(2026, 3, 2, 15, 0, 0, 123456, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
LEASE = timedelta(seconds=30)
ANNA, BEN = PhoneNumber("+12025550123"), PhoneNumber("+12025550145")
CLINIC = PhoneNumber("+12025550100")
MAIN, EAST = SiteId("main"), SiteId("east")
KEY = Key(bytes(range(32)))


def call_id(number: int, pbx: str = "pbx") -> CallId:
    return CallId(pbx, Uniqueid(f"1740000000.{number}"))


def eid(number: int) -> EpisodeId:
    return episode_id(call_id(number))


def a_call(number: int = 1, **changes: Any) -> Call:
    """An inbound call of Anna's that still rings."""
    values: dict[str, Any] = {
        "id": call_id(number),
        "site": MAIN,
        "direction": Direction.INBOUND,
        "caller": ANNA,
        "did": CLINIC.e164,
        "started_at": NOW,
    }
    return Call(**values | changes)


def an_episode(number: int = 1, **changes: Any) -> Episode:
    """An open episode of Anna's, just begun."""
    values: dict[str, Any] = {
        "id": eid(number),
        "site": MAIN,
        "caller": ANNA,
        "opened_at": NOW,
        "window_ends_at": NOW + 7 * DAY,
    }
    return Episode(**values | changes)


def a_text(number: int = 1, step: str = "first", **changes: Any) -> Text:
    """A text to Anna that waits to be sent."""
    values: dict[str, Any] = {
        "id": text_id(eid(number), step),
        "episode": eid(number),
        "site": MAIN,
        "outgoing": True,
        "patient": ANNA,
        "ours": CLINIC,
        "body": "Sorry we missed you. How can we help?",
        "template": step,
        "state": TextState.QUEUED,
        "created_at": NOW,
        "due_at": NOW,
    }
    return Text(**values | changes)


def a_task(number: int = 1, count: int = 1, **changes: Any) -> Task:
    """A task about Anna for the front desk."""
    values: dict[str, Any] = {
        "id": task_id(eid(number), "front-desk", count),
        "episode": eid(number),
        "site": MAIN,
        "queue": "front-desk",
        "caller": ANNA,
        "title": "Call back",
        "said": "my knee again",
        "created_at": NOW,
        "due_at": NOW + MINUTE,
    }
    return Task(**values | changes)


def an_urgent_case(number: int = 1, **changes: Any) -> UrgentCase:
    """Anna's urgent case, just begun."""
    values: dict[str, Any] = {
        "id": urgent_id(eid(number), 0),
        "episode": eid(number),
        "site": MAIN,
        "trigger": Trigger.TEXT,
        "caller": ANNA,
        "due_at": NOW,
        "give_up_at": NOW + DAY,
        "triggered_at": NOW,
    }
    return UrgentCase(**values | changes)


def a_decision(because: str = "rang out", **changes: Any) -> DecisionRecord:
    values: dict[str, Any] = {"at": NOW, "action": "text", "rule": "first-miss", "because": because}
    return DecisionRecord(**values | changes)


def a_consent(*, opted_out: bool, **changes: Any) -> Consent:
    values: dict[str, Any] = {"number": ANNA, "at": NOW, "source": "text", "words": "stop it please"}
    return Consent(opted_out=opted_out, **values | changes)


def a_job(name: str = "send-1", **changes: Any) -> Job:
    """A job that is due now."""
    values: dict[str, Any] = {"key": JobKey(name), "kind": "send", "ref": "M-1", "due_at": NOW}
    return Job(**values | changes)


def an_alarm(name: str = "A-1", **changes: Any) -> KeptAlarm:
    """An alarm that was raised once."""
    values: dict[str, Any] = {
        "id": AlarmId(name),
        "kind": "store",
        "site": MAIN,
        "because": "the disk is full",
        "raised_at": NOW,
        "last_at": NOW,
    }
    return KeptAlarm(**values | changes)


@lru_cache(maxsize=1)
def _empty() -> bytes:
    """The bytes of a migrated database without a row."""
    with TemporaryDirectory(prefix="secondring-test-") as folder:
        file = Path(folder) / "empty.db"
        upgrade(f"sqlite:///{file}")
        SqlStore(f"sqlite:///{file}", KEY).close()
        return file.read_bytes()


def new_database(folder: Path) -> str:
    """The URL of a migrated, empty database in a folder, tied to KEY."""
    file = folder / "secondring.db"
    file.write_bytes(_empty())
    return f"sqlite:///{file}"
