"""Between a site box and its centre anything may be lost, doubled, reordered or killed: each call counts once."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from secondring.domain.call_events import CallBegan, CallEnded
from secondring.domain.offer import Promise
from secondring.domain.phone import PhoneNumber
from secondring.domain.verdict import Verdict
from tests.support.sites import CentreBox, SiteBox, World, settle

DAY = 24 * 60 * 60


class Lines(RuleBasedStateMachine):
    """A box, a centre, and whatever may happen between them."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World()
        self.box, self.centre = SiteBox(self.world), CentreBox(self.world)
        self.open: list[CallBegan] = []
        self.ended: list[CallEnded] = []
        self.asked: dict[str, PhoneNumber] = {}
        self.declined: list[PhoneNumber] = []
        self.callers = 0

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        self.loop.run_until_complete(work)

    # -- at the box

    @rule()
    def somebody_calls(self) -> None:
        self.callers += 1
        self.open.append(self.box.rings(PhoneNumber(f"+1202555{100 + self.callers:04}")))

    @rule(which=st.integers(0, 9), answered=st.booleans())
    def a_call_ends(self, which: int, answered: bool) -> None:
        if self.open:
            began = self.open.pop(which % len(self.open))
            self.ended.append(self.box.ends(began, answered=answered))

    @rule(which=st.integers(0, 9))
    def a_caller_presses_1(self, which: int) -> None:
        if self.open:
            began = self.open[which % len(self.open)]
            if self.box.presses_one(began) is Promise.SOON:
                self.asked[str(began.call)] = PhoneNumber(began.caller)

    @rule(which=st.integers(0, 9))
    def a_caller_presses_9(self, which: int) -> None:
        if self.open:
            began = self.open[which % len(self.open)]
            if str(began.call) not in self.asked:
                self.box.presses_nine(began)
                self.declined.append(PhoneNumber(began.caller))

    # -- on the way

    @rule()
    def the_box_forwards(self) -> None:
        self.run(self.box.forwarder.round())

    @rule(which=st.integers(0, 99), again=st.booleans())
    def a_message_arrives(self, which: int, again: bool) -> None:
        if self.box.sent:
            place = which % len(self.box.sent)
            self.centre.hear(self.box.sent[place] if again else self.box.sent.pop(place))

    @rule(which=st.integers(0, 99))
    def a_message_is_lost(self, which: int) -> None:
        if self.box.sent:
            self.box.sent.pop(which % len(self.box.sent))

    @rule(which=st.integers(0, 99), again=st.booleans())
    def an_answer_arrives(self, which: int, again: bool) -> None:
        if self.centre.said:
            place = which % len(self.centre.said)
            self.box.hear(self.centre.said[place] if again else self.centre.said.pop(place))

    @rule(which=st.integers(0, 99))
    def an_answer_is_lost(self, which: int) -> None:
        if self.centre.said:
            self.centre.said.pop(which % len(self.centre.said))

    @rule(seconds=st.sampled_from([1, 11, 200, 3600, DAY]))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds=seconds)

    @rule()
    def the_line_is_cut_or_mended(self) -> None:
        self.box.linked = not self.box.linked

    # -- at the centre

    @rule()
    def the_centre_works(self) -> None:
        self.run(self.centre.receiver.round())

    @rule(when=st.sampled_from(["", "before", "after"]))
    def the_centre_is_killed(self, when: str) -> None:
        """At rest, or in the middle of a transaction, or between its commit and the answer."""
        if when:
            self.centre.books.dies = when
            with contextlib.suppress(KeyboardInterrupt):
                self.run(self.centre.receiver.round())
            self.centre.books.dies = ""
        self.centre.start()

    @rule(when=st.sampled_from(["", "before", "after"]))
    def the_box_is_killed(self, when: str) -> None:
        if when:
            self.box.books.dies = when
            with contextlib.suppress(KeyboardInterrupt):
                self.run(self.box.forwarder.round())
            self.box.books.dies = ""
        self.box.start()

    # -- what holds

    @invariant()
    def nothing_counts_twice(self) -> None:
        texts = [(text.patient, text.template) for text in self.centre.texts]
        assert len(texts) == len(set(texts))

    def teardown(self) -> None:
        try:
            self.box.linked = True
            self.box.start()
            self.run(settle(self.box, self.centre))
            self.all_is_there_once()
        finally:
            self.loop.close()

    def all_is_there_once(self) -> None:
        for ended in self.ended:
            call = self.centre.call(ended.call)
            assert call is not None, "a call was lost"
            assert (call.verdict, call.ended_at) == (ended.verdict, ended.ended_at)
        for began in self.open:
            call = self.centre.call(began.call)
            assert call is not None
            assert call.verdict is None
        texts = [text.patient for text in self.centre.texts if not text.template.startswith("opt")]
        tasks = [task.caller for task in self.centre.tasks]
        missed = {PhoneNumber(e.caller) for e in self.ended if e.verdict is Verdict.MISSED}
        for caller in missed - set(self.asked.values()):
            assert texts.count(caller) + tasks.count(caller) == 1, "a missed call is texted, or called back"
        for caller in set(self.asked.values()) - set(self.declined):
            answered = any(
                PhoneNumber(e.caller) == caller and e.verdict is Verdict.ANSWERED for e in self.ended
            )
            reached = texts.count(caller) + tasks.count(caller)
            assert reached >= 1 or answered, "what was promised is kept"
        with self.centre.store.reading() as books:
            for caller in set(self.declined) - set(self.asked.values()):
                consent = books.consent(caller)
                assert consent is not None
                assert consent.opted_out


TestLines = Lines.TestCase
TestLines.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
