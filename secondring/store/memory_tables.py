"""The tables in memory: plain dictionaries of records, each in the order of first writing."""

from dataclasses import dataclass, field

from secondring.domain.ids import AlarmId, CallId, EpisodeId, JobKey, TaskId, TextId, UrgentId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import (
    Call,
    Consent,
    DecisionRecord,
    Episode,
    Job,
    KeptAlarm,
    KnownLine,
    Task,
    Text,
)
from secondring.domain.urgent_case import UrgentCase
from secondring.store.memory_booking import BookingTables
from secondring.store.memory_notes import Notes
from secondring.store.memory_sites import SiteTables
from secondring.store.memory_staff import StaffTables


@dataclass
class Tables(StaffTables, BookingTables, SiteTables):
    """One moment of the books; each in the order of first writing."""

    calls: dict[CallId, Call] = field(default_factory=dict)
    episodes: dict[EpisodeId, Episode] = field(default_factory=dict)
    texts: dict[TextId, Text] = field(default_factory=dict)
    tasks: dict[TaskId, Task] = field(default_factory=dict)
    urgent: dict[UrgentId, UrgentCase] = field(default_factory=dict)
    lines: dict[PhoneNumber, KnownLine] = field(default_factory=dict)
    consents: dict[int, Consent] = field(default_factory=dict)
    unproved: set[int] = field(default_factory=set)
    """Of the wishes, those whose number is removed: here they are found by it all the same."""
    decisions: dict[int, DecisionRecord] = field(default_factory=dict)
    jobs: dict[JobKey, Job] = field(default_factory=dict)
    alarms: dict[AlarmId, KeptAlarm] = field(default_factory=dict)
    bookmarks: dict[str, str] = field(default_factory=dict)
    carrier_notes: Notes = field(default_factory=dict)
