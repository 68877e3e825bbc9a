"""A clinic in memory, run by its rules: calls come in, texts go out, people write and work.

Time only moves when `wait` says so. The gateway is played by `send_due`, with the desk's real checks.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self

from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, Direction
from secondring.domain.casework import Casework, Wording
from secondring.domain.deskwork import Deskwork, Finished, Result
from secondring.domain.episodes import SEND_TEXT, TIMERS
from secondring.domain.hours import OpeningHours
from secondring.domain.ids import CallId, SiteId, TextId, Uniqueid
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Store
from secondring.domain.records import Call, Consent, Episode, KeptAlarm, Task, Text, TextState
from secondring.domain.rules import FollowUp, Guards, Rules, Site
from secondring.domain.sending import ClinicDesk
from secondring.domain.texting import Arrival, Failure, Fault, Go, Hold
from secondring.domain.verdict import Detail, Reason, Verdict
from secondring.store.memory import MemoryStore

ANNA = PhoneNumber("+12025550123")
BEN = PhoneNumber("+12025550124")
NURSE = PhoneNumber("+12025550177")
CLINIC = PhoneNumber("+12025550100")
MONDAY_TEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""10:00 in New York, an ordinary Monday."""
WEEK = OpeningHours(
    zone="America/New_York",
    week={day: ((time(8), time(12)), (time(13), time(17))) for day in range(5)},
)


def a_site(**changes: object) -> Site:
    site = Site(
        id=SiteId("north"),
        name="Northside Clinic",
        phone=CLINIC,
        sender=CLINIC,
        dids=(CLINIC,),
        hours=WEEK,
        booking_url="https://book.example/north",
    )
    return replace(site, **changes)  # type: ignore[arg-type]


def some_rules(site: Site | None = None, **changes: object) -> Rules:
    rules = Rules(sites=(site or a_site(),), guards=Guards(), follow_up=FollowUp())
    return replace(rules, **changes)  # type: ignore[arg-type]


class PlainWording:
    """Words that name their template, so that tests can read them."""

    def text(self, template: str, *, site: Site, language: str, now: datetime, task: str = "") -> str:
        return f"{template}/{language} from {site.name} {task} at {now:%H:%M}".strip()


@dataclass
class Clinic:
    """The clinic and its clock."""

    rules: Rules = field(default_factory=some_rules)
    now: datetime = MONDAY_TEN
    store: Store = field(default_factory=MemoryStore)
    on_phones: list[Text] = field(default_factory=list)
    wording: Wording = field(default_factory=PlainWording)
    _counter: int = 0

    def __post_init__(self) -> None:
        wording = self.wording
        self.casework = Casework(self.rules, wording)
        self.desk = ClinicDesk(self.rules, wording)
        self.deskwork = Deskwork(self.rules, wording)

    def wait(self, **span: float) -> Self:
        self.now += timedelta(**span)
        return self

    # calls

    def rings(self, caller: PhoneNumber | str = ANNA, did: str = "2025550100") -> CallBegan:
        self._counter += 1
        number = caller if isinstance(caller, str) else caller.e164
        call = CallId("pbx", Uniqueid(f"1.{self._counter}"))
        began = CallBegan(call=call, at=self.now, caller=number, did=did)
        self._tell(began)
        return began

    def is_answered(self, began: CallBegan) -> Self:
        self._tell(CallAnswered(call=began.call, at=self.now, direction=Direction.INBOUND, far=began.caller))
        return self

    def ends(self, began: CallBegan, *, answered_at: datetime | None = None, **changes: object) -> CallEnded:
        verdict = Verdict.ANSWERED if answered_at else Verdict.MISSED
        ended = CallEnded(
            call=began.call,
            direction=Direction.INBOUND,
            verdict=verdict,
            reason=None if answered_at else Reason.NO_ANSWER,
            detail=None if answered_at else Detail.TIMEOUT,
            caller=began.caller,
            withheld=False,
            did=began.did,
            queue=None,
            started_at=began.at,
            ended_at=self.now,
            answered_at=answered_at,
        )
        ended = replace(ended, **changes)  # type: ignore[arg-type]
        self._tell(ended)
        return ended

    def misses(self, caller: PhoneNumber | str = ANNA, **changes: Any) -> CallEnded:
        """A call that rings for twenty seconds and is not answered."""
        did = str(changes.pop("did", "2025550100"))
        began = self.rings(caller, did)
        self.wait(seconds=20)
        return self.ends(began, **changes)

    def calls_back(self, number: PhoneNumber = ANNA, *, talked: float) -> Self:
        began = CallBegan(
            call=CallId("pbx", Uniqueid(f"out.{self._counter}")), at=self.now, caller="", did=""
        )
        self._counter += 1
        self.wait(seconds=talked)
        answered_at = self.now - timedelta(seconds=talked) if talked else None
        self._tell(
            CallEnded(
                call=began.call,
                direction=Direction.OUTBOUND,
                verdict=Verdict.IGNORED,
                reason="outbound",
                detail=None,
                caller=number.e164,
                withheld=False,
                did="",
                queue=None,
                started_at=began.at,
                ended_at=self.now,
                answered_at=answered_at,
            )
        )
        return self

    def _tell(self, event: CallBegan | CallAnswered | CallEnded) -> None:
        with self.store.transaction() as books:
            self.casework.tell(books, [event], self.now)

    # texts

    def send_due(self) -> list[Text]:
        """Do what the gateway does with all that is due now; every carrier accepts. Returns what went."""
        sent = []
        with self.store.transaction() as books:
            for job in books.claim_jobs([SEND_TEXT], now=self.now, lease=timedelta(minutes=1), limit=100):
                text = books.text(TextId(job.ref))
                assert text is not None
                permission = self.desk.before_send(books, text, self.now)
                if isinstance(permission, Hold):
                    books.retry_job(job, permission.until)
                    continue
                books.finish_job(job)
                if isinstance(permission, Go):
                    text = replace(text, state=TextState.ACCEPTED, settled_at=self.now, carrier="test")
                    books.save_text(text)
                    self.desk.accepted(books, text, self.now)
                    sent.append(text)
                else:
                    text = replace(
                        text, state=TextState.CANCELLED, settled_at=self.now, note=permission.because
                    )
                    books.save_text(text)
                    self.desk.cancelled(books, text, permission.because, self.now)
        self.on_phones += sent
        return sent

    def fails(self, fault: Fault = Fault.RECIPIENT) -> Self:
        """The carrier refuses everything that is due now."""
        with self.store.transaction() as books:
            for job in books.claim_jobs([SEND_TEXT], now=self.now, lease=timedelta(minutes=1), limit=100):
                text = books.text(TextId(job.ref))
                assert text is not None
                books.finish_job(job)
                failed = replace(text, state=TextState.FAILED, settled_at=self.now)
                books.save_text(failed)
                self.desk.failed_for_good(books, failed, Failure(fault=fault, note="no", code="1"), self.now)
        return self

    def writes(self, body: str, sender: PhoneNumber = ANNA, to: PhoneNumber = CLINIC, id_: str = "") -> Self:
        self._counter += 1
        arrival = Arrival(
            carrier="test", carrier_id=id_ or str(self._counter), sender=sender, to=to, body=body, at=self.now
        )
        with self.store.transaction() as books:
            if books.text_by_carrier_id("test", arrival.carrier_id, outgoing=False) is None:
                self.desk.received(books, arrival, self.now)
        return self

    # people and timers

    def run_timers(self) -> Self:
        with self.store.transaction() as books:
            for job in books.claim_jobs(TIMERS, now=self.now, lease=timedelta(minutes=1), limit=100):
                books.finish_job(job)
                self.deskwork.timer(books, job, self.now)
        return self

    def finishes(self, task: Task, result: Result, by: str = "ana", *, anyway: bool = False) -> Finished:
        with self.store.transaction() as books:
            return self.deskwork.done(books, task.id, by, result, self.now, anyway=anyway)

    def takes(self, task: Task, by: str = "ana") -> Self:
        with self.store.transaction() as books:
            self.deskwork.take(books, task.id, by, self.now)
        return self

    # what stands in the books

    @property
    def episodes(self) -> list[Episode]:
        with self.store.reading() as books:
            far = timedelta(days=400)
            return books.episodes(since=self.now - far, until=self.now + far, limit=1000)[::-1]

    @property
    def episode(self) -> Episode:
        (only,) = self.episodes
        return only

    @property
    def tasks(self) -> list[Task]:
        with self.store.reading() as books:
            return books.tasks()

    @property
    def task(self) -> Task:
        (only,) = self.tasks
        return only

    @property
    def texts(self) -> list[Text]:
        with self.store.reading() as books:
            return [text for episode in self.episodes for text in books.texts_of(episode.id)]

    @property
    def templates(self) -> list[str]:
        """Which texts reached phones, in order."""
        return [text.template for text in self.on_phones]

    def rules_that_decided(self, ended: CallEnded) -> list[str]:
        with self.store.reading() as books:
            return [decision.rule for decision in books.decisions_about(ended.call)]

    @property
    def alarms(self) -> list[KeptAlarm]:
        """Every alarm that was kept, oldest first."""
        with self.store.reading() as books:
            return books.alarms(since=MONDAY_TEN, limit=1000)[::-1]

    def call(self, ended: CallEnded) -> Call:
        with self.store.reading() as books:
            call = books.call(ended.call)
            assert call is not None
            return call

    def consent(self, number: PhoneNumber = ANNA) -> Consent | None:
        with self.store.reading() as books:
            return books.consent(number)
