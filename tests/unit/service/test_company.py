"""One of two services on one PBX: which calls it tells, which it leaves, whom it tells of the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from ami_listener.messages import Message
from ami_listener.protocol import Fields, Reply
from secondring.company import Company, company_of
from secondring.domain.beats import Beat, Role
from secondring.domain.call_events import CallBegan, CallEnded, CallEvent
from secondring.domain.calls import CallTracker
from secondring.domain.casework import Casework
from secondring.domain.errors import PeerError
from secondring.domain.facts import BeatHeard, LinkLost
from secondring.domain.health import State
from secondring.domain.ids import CallId, Uniqueid, episode_id
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode, Origin
from secondring.domain.shelf import CONFIRM
from secondring.domain.twins import ASK, LEASE, SILENT
from secondring.listening import CallKeeper
from secondring.store.memory import MemoryStore
from tests.support.clinic import MONDAY_TEN, Clinic, PlainWording, a_site, some_rules

T = TypeVar("T")
OK = Reply(response=Message({"Response": "Success"}))
NO = Reply(response=Message({"Response": "Error", "Message": "Permission denied"}))


@dataclass
class Link:
    is_up: bool = True
    answer: Reply | PeerError = OK
    said: list[Fields] = field(default_factory=list)

    async def up(self) -> None:
        pass

    async def action(self, fields: Fields, *, until: str | None = None, within: float | None = None) -> Reply:
        self.said.append(fields)
        if isinstance(self.answer, PeerError):
            raise self.answer
        return self.answer

    def roles(self) -> list[str]:
        return [str(fields["Role"]) for fields in self.said]


class Spool:
    """A file, as far as anybody here can tell."""

    def __init__(self) -> None:
        self.events: list[CallEvent] = []

    def add(self, events: Sequence[CallEvent]) -> None:
        self.events += events

    def kept(self) -> list[CallEvent]:
        return list(self.events)

    def clear(self) -> None:
        self.events.clear()


class House:
    """A service with its books, and a time that only moves when it is told to."""

    def __init__(self) -> None:
        self.at = 0.0
        self.link = Link()
        self.store = MemoryStore()
        self.casework = Casework(some_rules(), PlainWording())
        self.keeper = CallKeeper(
            CallTracker(),
            self.casework,
            self.in_store,
            clock=self.clock,
            ring=self.ring,
            raise_alarm=self.shout,
        )
        self.company: Company
        self.spool = Spool()
        self.number = 0

    async def starts(self) -> None:
        self.company = await company_of(
            self.link,
            self.keeper,
            self.casework,
            self.in_store,
            pbx="pbx",
            host="here",
            clock=self.clock,
            spool=self.spool,
        )
        self.company._ticks = lambda: self.at

    def clock(self) -> datetime:
        return MONDAY_TEN + timedelta(seconds=self.at)

    async def in_store(self, work: Callable[[Books], T]) -> T:
        with self.store.transaction() as books:
            return work(books)

    async def ring(self) -> None:
        pass

    def shout(self, _alarm: object) -> None:
        pass

    async def passes(self, seconds: float) -> None:
        end = self.at + seconds
        while self.at < end:
            self.at = min(end, self.at + 0.5)
            await self.company._round()

    def other(self, role: Role, *, judged: tuple[str, ...] = (), run: str = "d" * 16) -> None:
        beat = Beat(
            installation="c" * 16,
            run=run,
            host="there",
            role=role,
            since=MONDAY_TEN - timedelta(hours=1),
            number=1,
            judged=tuple(Uniqueid(call) for call in judged),
        )
        self.company.hear(BeatHeard(at=self.clock(), beat=beat))

    async def misses(self, caller: str = "+12025550123") -> CallId:
        self.number += 1
        ended = Clinic(now=self.clock()).misses(caller)
        call = CallId("pbx", Uniqueid(f"1.{self.number}"))
        await self.keeper.tell([replace(ended, call=call, ended_at=self.clock())])
        return call

    def call(self, call: CallId) -> Call | None:
        with self.store.reading() as books:
            return books.call(call)

    def texts(self, call: CallId) -> int:
        found = self.call(call)
        with self.store.reading() as books:
            return len(books.texts_of(found.episode)) if found and found.episode else 0

    def tasks(self) -> list[str]:
        with self.store.reading() as books:
            return [task.title for task in books.tasks()]

    def alarms(self) -> list[str]:
        with self.store.reading() as books:
            return [alarm.kind for alarm in books.alarms(since=MONDAY_TEN - timedelta(days=1), limit=10)]


@pytest.fixture
async def house() -> House:
    found = House()
    await found.starts()
    return found


async def test_alone_it_asks_first_and_then_tells_what_came_meanwhile(house: House) -> None:
    call = await house.misses()
    assert house.call(call) is None
    await house.passes(ASK + 1)
    assert house.texts(call) == 1
    assert house.link.roles()[:2] == ["asking", "holding"]
    assert house.texts(await house.misses("+12025550124")) == 1
    assert house.alarms() == []
    assert house.company.status() == ""


async def test_an_account_that_may_not_speak_goes_on_as_before_and_is_said(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.link.answer = NO
    await house.passes(ASK + 1)
    assert house.texts(await house.misses()) == 1
    await house.passes(30)
    assert len(house.link.said) == 1
    assert caplog.text.count("does not let us send a UserEvent") == 1
    assert house.company.finding().state is State.WARN


async def test_beats_that_do_not_come_back_are_said(house: House) -> None:
    await house.passes(30)
    assert house.texts(await house.misses()) == 1
    assert house.company.finding().state is State.WARN


async def test_beside_a_holder_nothing_is_texted_and_people_are_told(house: House) -> None:
    house.other(Role.HOLDING)
    call = await house.misses()
    await house.passes(3)
    house.other(Role.HOLDING, judged=("1.1",))
    await house.passes(1)
    found = house.call(call)
    assert found
    assert (found.verdict, found.reason, found.episode) == ("ignored", "second-listener", None)
    assert house.alarms() == ["second-listener"]
    assert "keeps this PBX" in house.company.status()
    assert house.company.finding().state is State.BAD
    assert house.tasks() == []


async def test_what_the_holder_does_not_judge_within_a_minute_goes_to_a_person(house: House) -> None:
    house.other(Role.HOLDING)
    await house.passes(1)
    call = await house.misses()
    while house.at < CONFIRM + 5:
        await house.passes(2)
        house.other(Role.HOLDING)
    assert house.tasks() == ["Call back (another Second Ring may have texted them)"]
    assert house.texts(call) == 0


async def test_what_ended_before_the_holder_was_heard_is_its_own(house: House) -> None:
    call = await house.misses()
    house.at += 1
    house.other(Role.HOLDING)
    await house.passes(1)
    found = house.call(call)
    assert found
    assert found.verdict == "ignored"


async def test_when_the_holder_is_gone_what_it_may_have_texted_goes_to_a_person_and_the_rest_is_texted(
    house: House,
) -> None:
    house.other(Role.HOLDING)
    await house.passes(1)
    unclear = await house.misses("+12025550124")
    await house.passes(LEASE)
    surely_not = await house.misses("+12025550125")
    await house.passes(SILENT - LEASE)
    house.company.hear(BeatHeard(at=house.clock(), beat=last_beat(house)))
    await house.passes(1)
    assert (house.texts(unclear), house.texts(surely_not)) == (0, 1)
    assert house.tasks() == ["Call back (another Second Ring may have texted them)"]


async def test_a_record_tells_a_stand_by_nothing_either_and_its_place_is_kept_back(house: House) -> None:
    house.other(Role.HOLDING)
    ended: CallEnded = replace(Clinic(now=MONDAY_TEN).misses("+12025550126"), late=True)
    house.at += 5
    assert house.company.lays_aside(ended)
    assert house.company.has_laid_aside
    await house.passes(CONFIRM + 1)
    assert not house.company.has_laid_aside


async def test_without_a_link_records_wait_where_another_was_heard(house: House) -> None:
    house.other(Role.WAITING)
    await house.passes(ASK + 1)
    house.link.is_up = False
    house.company.hear(LinkLost(at=house.clock()))
    assert house.company.lays_aside(Clinic(now=MONDAY_TEN).misses("+12025550126"))
    await house.starts()
    house.link.is_up = False
    assert house.company.lays_aside(Clinic(now=MONDAY_TEN).misses("+12025550127"))


async def test_a_call_that_another_has_judged_is_not_judged_again(house: House) -> None:
    await house.passes(ASK + 1)
    house.other(Role.WAITING, judged=("1.1",))
    house.company.hear(BeatHeard(at=house.clock(), beat=last_beat(house)))
    call = await house.misses()
    await house.passes(1)
    found = house.call(call)
    assert found
    assert found.verdict == "ignored"


async def test_a_caller_who_pressed_our_key_is_ours_though_another_keeps_the_pbx(house: House) -> None:
    house.other(Role.HOLDING)
    await house.passes(1)
    call = CallId("pbx", Uniqueid("1.1"))
    with house.store.transaction() as books:
        began = CallBegan(call=call, at=house.clock(), caller="+12025550123", did="+12025550100")
        house.casework.call_began(books, began, house.clock())
        row = books.call(call)
        assert row
        episode = an_episode(row, house.clock())
        books.save_episode(episode)
        books.save_call(replace(row, episode=episode.id))
    await house.passes(1)
    assert any(fields.get("Judged") == ["1.1"] for fields in house.link.said)
    await house.misses()
    house.other(Role.HOLDING, judged=("1.1",))
    await house.passes(1)
    found = house.call(call)
    assert found
    assert (found.verdict, found.episode) == ("missed", episode.id)


async def test_a_bug_of_ours_costs_one_of_the_calls_that_waited(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = await house.misses("+12025550124"), await house.misses("+12025550125")
    tell = house.casework.tell

    def fails_on_one(books: Books, events: list[CallEvent], now: datetime) -> None:
        if any(event.call == bad for event in events):
            raise ZeroDivisionError
        tell(books, events, now)

    monkeypatch.setattr(house.casework, "tell", fails_on_one)
    await house.passes(ASK + 1)
    assert house.texts(good) == 1
    assert house.tasks() == ["Call back at once (we could not handle this call)"]


async def test_a_crash_while_it_asks_costs_no_caller_their_text(house: House) -> None:
    call = await house.misses()
    assert house.call(call) is None
    await house.starts()  # anew: what was in memory is gone
    await house.passes(ASK + 1)
    assert house.texts(call) == 1
    assert house.spool.events == []


async def test_after_a_crash_beside_another_what_was_laid_aside_is_the_others_or_a_persons(
    house: House,
) -> None:
    house.other(Role.HOLDING)
    await house.passes(1)
    theirs = await house.misses("+12025550124")
    await house.starts()
    house.at += 1
    house.other(Role.HOLDING)
    await house.passes(1)
    found = house.call(theirs)
    assert found
    assert found.verdict == "ignored"
    await house.misses("+12025550125")
    await house.starts()
    await house.passes(ASK + 1)
    assert house.tasks() == ["Call back (another Second Ring may have texted them)"]


async def test_in_shadow_mode_it_stands_nobody_down_and_judges_everything(house: House) -> None:
    live = house.casework.rules
    house.casework.rules = some_rules(a_site(shadow=True))
    house.other(Role.HOLDING)
    await house.passes(20)
    assert house.link.said == []
    found = house.call(await house.misses())
    assert found
    assert found.verdict == "missed"
    assert house.company.finding().state is State.UNKNOWN
    house.casework.rules = live
    assert house.call(await house.misses("+12025550124")) is None
    await house.passes(ASK + 1)
    assert house.link.roles()[:2] == ["asking", "holding"]


async def test_the_other_is_told_of_anew_every_hour_and_of_every_change(house: House) -> None:
    house.other(Role.WAITING)
    await house.passes(ASK + 1)
    assert house.alarms() == ["second-listener"]
    for _ in range(120):
        house.at += 30
        house.other(Role.WAITING)
        await house.company._round()
        house.company.hear(BeatHeard(at=house.clock(), beat=last_beat(house)))
    assert house.alarms() == ["second-listener"] * 2


async def test_a_link_that_breaks_while_we_speak_is_no_error(house: House) -> None:
    house.link.answer = PeerError("the link broke")
    await house.passes(ASK + 1)
    assert house.texts(await house.misses()) == 1


async def test_the_installation_keeps_its_name_and_each_run_has_its_own(house: House) -> None:
    first = house.company._twins.me
    await house.starts()
    again = house.company._twins.me
    assert first.installation == again.installation
    assert first.run != again.run


def an_episode(call: Call, now: datetime) -> Episode:
    """What a caller has who asked for a text while on the line."""
    return Episode(
        id=episode_id(call.id),
        site=call.site,
        caller=call.caller,
        origin=Origin.OFFER,
        opened_at=now,
        window_ends_at=now + timedelta(days=1),
        calls=0,
    )


def last_beat(house: House) -> Beat:
    """What we said last, as the PBX hands it back."""
    said, me = house.link.said[-1], house.company._twins.me
    return Beat(
        installation=me.installation,
        run=me.run,
        host=me.host,
        role=Role(str(said["Role"])),
        since=house.company._twins.since,
        number=int(str(said["Number"])),
    )
