"""In shadow mode nothing reaches a carrier, whatever happens; and the service says in which mode it is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ami_listener.recording import read_facts
from secondring import answering, wiring
from secondring.domain.calls import CallTracker, Direction
from secondring.domain.casework import Casework
from secondring.domain.deskwork import Result
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.errors import NothingIsSent, NotNow
from secondring.domain.ids import TextId
from secondring.domain.offer import InCall, Offers
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.pulse import Service
from secondring.domain.records import TextState
from secondring.domain.rules import FollowUp
from secondring.domain.verdict import Reason
from secondring.service import gateway
from secondring.service.role import Role
from secondring.service.together import status_of
from secondring.store.memory import MemoryStore
from sms_gateway.carriers.null import NullCarrier
from sms_gateway.carriers.port import OutgoingText
from sms_gateway.outbox import SWEEP, OutboxSettings
from tests.support.clinic import ANNA, BEN, NURSE, PlainWording, a_site, some_rules
from tests.unit.config.conftest import configure
from tests.unit.domain.test_urgent import LADDER, UrgentClinic
from tests.unit.sms_gateway.fakes import World

T = TypeVar("T")
RULES = some_rules(
    a_site(shadow=True, alert_numbers=(NURSE,), triage=LADDER),
    follow_up=FollowUp(reminder_after=timedelta(hours=1)),
)
RECORDINGS = sorted((Path(__file__).parents[2] / "recordings").rglob("*.ami"))
FATES = (TextState.WITHHELD, TextState.CANCELLED)
WORDS = ("BOOK", "billing", "URGENT", "I can't breathe", "STOP", "start", "help", "cancel", "my umbrella?")
callers = st.sampled_from([ANNA, BEN, PhoneNumber("+18005550199")])


def unsent(books: Books) -> None:
    """No text waits to go, and none has gone."""
    assert books.next_due([SEND_TEXT]) is None


# ---------------------------------------------------------------- no sequence of events leads to a carrier


class Shadow(RuleBasedStateMachine):
    """A clinic in shadow mode to which anything may happen; at the end it goes live."""

    def __init__(self) -> None:
        super().__init__()
        self.clinic = UrgentClinic(RULES)
        self.offers = Offers(RULES, PlainWording(), "1")
        self.ringing: list[Any] = []

    @rule(caller=callers)
    def somebody_calls(self, caller: PhoneNumber) -> None:
        self.ringing.append(self.clinic.rings(caller))

    @rule(answered=st.booleans(), reason=st.sampled_from(Reason), seconds=st.integers(0, 40))
    def a_call_ends(self, *, answered: bool, reason: Reason, seconds: int) -> None:
        if not self.ringing:
            return
        began = self.ringing.pop(0)
        self.clinic.wait(seconds=seconds)
        if answered:
            self.clinic.is_answered(began).ends(began, answered_at=self.clinic.now)
        else:
            self.clinic.ends(began, reason=reason)

    @rule(key=st.sampled_from("129"), typed=st.sampled_from(["", BEN.e164]), opt_in=st.booleans())
    def a_key_is_pressed(self, key: str, typed: str, *, opt_in: bool) -> None:
        if key == "2":
            self.clinic.presses()
            return
        if not self.ringing:
            return
        began = self.ringing[-1]
        call = InCall(uniqueid=began.call.uniqueid, caller=began.caller, did=began.did)
        with self.clinic.store.transaction() as books:
            if key == "1":
                self.offers.text_link(books, began.call, call, self.clinic.now, typed=typed, opt_in=opt_in)
            else:
                self.offers.decline(books, began.call, call, self.clinic.now)

    @rule(caller=callers, words=st.sampled_from(WORDS))
    def somebody_writes(self, caller: PhoneNumber, words: str) -> None:
        self.clinic.writes(words, caller)

    @rule(talked=st.sampled_from([0, 30]), caller=callers)
    def staff_call_back(self, talked: int, caller: PhoneNumber) -> None:
        self.clinic.calls_back(caller, talked=talked)

    @rule(result=st.sampled_from(Result))
    def a_task_is_finished(self, result: Result) -> None:
        for task in self.clinic.tasks[:1]:
            try:
                self.clinic.finishes(task, result)
            except NotNow:  # an urgent one stays until somebody has spoken with the caller
                assert task.urgent

    @rule(minutes=st.sampled_from([1, 30, 60 * 25]))
    def time_passes(self, minutes: int) -> None:
        self.clinic.wait(minutes=minutes).run_timers().runs_ladder()

    @invariant()
    def every_text_is_withheld_or_called_off(self) -> None:
        with self.clinic.store.reading() as books:
            unsent(books)
        assert all(text.state in FATES for text in self.clinic.texts if text.outgoing)

    def teardown(self) -> None:
        """Live from now on: nothing of all that is sent, not at once and not later."""
        world = World(store=cast("MemoryStore", self.clinic.store))
        world.clock.now = self.clinic.now
        asyncio.run(world.work_until_settled(hours=24 * 400))
        assert world.carrier.requests == []


Shadow.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_whatever_happens_nothing_is_handed_to_a_carrier = Shadow.TestCase


def test_every_recorded_morning_of_a_real_pbx_in_shadow() -> None:
    store = MemoryStore()
    casework = Casework(RULES, PlainWording())
    written = 0
    for recording in RECORDINGS:
        tracker = CallTracker()
        for fact in read_facts(recording):
            with store.transaction() as books:
                casework.tell(books, tracker.feed(fact), fact.at)
        store, seen = MemoryStore(), store
        with seen.reading() as books:
            unsent(books)
            begun = datetime(2000, 1, 1, tzinfo=UTC)
            found = books.episodes(since=begun, until=begun + timedelta(days=30_000), limit=1000)
            texts = [text for episode in found for text in books.texts_of(episode.id)]
            calls = books.calls(since=begun, until=begun + timedelta(days=30_000), limit=1000)
        assert all(text.state in FATES for text in texts)
        assert all(call.verdict for call in calls if call.direction is Direction.INBOUND)
        written += len(texts)
    assert written > 20


# ---------------------------------------------------------------- guards behind one another


async def test_the_outbox_claims_nothing_in_shadow_not_even_what_somebody_queued_by_mistake() -> None:
    world = World(settings=OutboxSettings(shadow=True))
    world.queue()
    assert await world.outbox.round() == SWEEP
    await world.outbox.settle()
    job = world.job()
    assert (world.carrier.requests, world.text().state) == ([], TextState.QUEUED)
    assert job
    assert job.fence == 0


async def test_a_withheld_text_goes_to_no_carrier_even_if_somebody_makes_a_job_for_it() -> None:
    world = World()
    world.queue()
    world.change("M-1", TextState.WITHHELD)
    await world.work_until_settled()
    assert (world.carrier.requests, world.text().state, world.job()) == ([], TextState.WITHHELD, None)


async def test_the_carrier_of_shadow_mode_raises_whatever_it_is_asked(tmp_path: Path) -> None:
    chosen = replace(configure("mode: shadow"), state_directory=tmp_path)
    carrier = wiring.drivers(chosen)[0].carrier
    assert isinstance(carrier, NullCarrier)
    text = OutgoingText(id=TextId("M-1"), to=ANNA, sender=BEN, body="secret")
    for ask in (carrier.send(text), carrier.look_up(text), carrier.poll(None)):
        with pytest.raises(NothingIsSent, match="shadow mode"):
            await ask
    await carrier.close()


def test_the_carrier_is_a_real_one_when_live(tmp_path: Path) -> None:
    chosen = replace(configure("mode: live"), state_directory=tmp_path)
    assert not isinstance(wiring.drivers(chosen)[0].carrier, NullCarrier)


def test_queues_are_told_of_no_keys_in_shadow() -> None:
    queues = 'ivr: {queues: {"400": {every: 30s}}}'
    assert "[400]" in answering.render_queues(configure(queues))
    rendered = answering.render_queues(configure(queues, "mode: shadow"))
    assert "[400]" not in rendered
    assert "Shadow mode" in rendered


# ---------------------------------------------------------------- what the service says


@pytest.mark.parametrize("said", [True, False])
def test_systemctl_status_says_so(*, said: bool) -> None:
    roles = [
        Role(service=Service.LISTEN, parts={}, status=lambda: "listening"),
        Role(service=Service.AGI, parts={}, status=lambda: ""),
        Role(service=Service.WEB, parts={}, status=lambda: "pages"),
    ]
    told = status_of(roles, some_rules(a_site(shadow=said)))
    assert told == ("listening; SHADOW MODE: nothing is sent; pages" if said else "listening; pages")


async def test_what_waited_at_the_start_is_withheld_and_said(caplog: pytest.LogCaptureFixture) -> None:
    clinic = UrgentClinic(some_rules(replace(RULES.sites[0], shadow=False)))
    clinic.misses()

    async def in_store(work: Callable[[Books], T]) -> T:
        with clinic.store.transaction() as books:
            return work(books)

    writer: Callable[..., Awaitable[Any]] = in_store
    frame = SimpleNamespace(rules=RULES, writer=writer, settings=SimpleNamespace(shadow=True))
    with caplog.at_level(logging.WARNING):
        await gateway.withhold_waiting(cast("Any", frame))
    assert "1 texts still waited" in caplog.text
    assert [text.state for text in clinic.texts] == [TextState.WITHHELD]
