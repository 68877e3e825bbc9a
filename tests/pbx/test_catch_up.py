"""The listener is away while patients call: what happened is read from the PBX's own records, each call once.

Minutes of traffic are a few seconds here: one call of each kind, some of them begun before the listener left or still
going on when it is back; the PBX's logs are rotated and Asterisk itself is restarted meanwhile.
"""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.pbx import Pbx
from lab.phones import Answer, Phone, Refuse, State
from lab.scenarios import dids
from lab.service import Service
from secondring.domain.records import Call
from tests.support.carrier_server import CarrierServer
from tests.support.onlooker import Onlooker
from tests.support.until import until

UNSEEN_MISSED = {
    "+13125550131": (dids.ONE_PHONE_BRIEFLY, "no-answer"),
    "+13125550132": (dids.QUEUE, "abandoned"),
    "+13125550133": (dids.MENU, "ivr-hangup"),
    "+13125550134": (dids.PHONE_THEN_VOICEMAIL, "voicemail"),
}
"""Who calls in vain while nobody listens, where, and what is made of it."""
BUSY, ANSWERED, CAME_BACK = "+13125550135", "+13125550136", "+13125550137"
TALKED_BEFORE, WAITED_BEFORE, STILL_WAITS = "+13125550138", "+13125550139", "+13125550140"
TEXTED = {*UNSEEN_MISSED, BUSY, WAITED_BEFORE, STILL_WAITS}
EVERYBODY = {*TEXTED, ANSWERED, CAME_BACK, TALKED_BEFORE}


def records_of(pbx: Pbx, main: str) -> dict[str, Any]:
    cdr = {"place": str(pbx.cdr_csv) if main == "cdr" else None, "trunks": ["PJSIP/carrier-"]}
    cel = {"place": str(pbx.cel_csv) if main == "cel" else None}
    return {"cel": cel, "cdr": cdr, "queue_log": str(pbx.queue_log)}


@pytest.fixture
def carrier() -> Iterator[CarrierServer]:
    with CarrierServer() as server:
        yield server


def home_of(carrier: CarrierServer, home: Path) -> Path:
    home.mkdir()
    return carrier.move_in(home)


def rotate(pbx: Pbx) -> None:
    """As logrotate does: rename, and have Asterisk open a new one."""
    for file in (pbx.queue_log, pbx.cel_csv, pbx.cdr_csv):
        with suppress(FileNotFoundError):
            file.rename(file.with_name(f"{file.name}.1"))
    pbx.cli("logger reload")


def phones_on_line(pbx: Pbx) -> int:
    """How many calls the PBX has not done with: it is later than the phones."""
    return sum(line.startswith("PJSIP/") for line in pbx.cli("core show channels concise").splitlines())


class Traffic:
    """The calls, and the phones that they need."""

    def __init__(self, pbx: Pbx, stack: ExitStack) -> None:
        self.pbx = pbx
        self._stack = stack
        self.desk = stack.enter_context(Phone.inside(pbx, "1001"))

    def calls(self, number: str, did: str) -> Any:
        """Somebody calls, from a phone of their own."""
        return self._stack.enter_context(Phone.outside(self.pbx, number)).call(did)

    def talk(self, number: str) -> Any:
        """Somebody calls, and the desk picks up."""
        call = self.calls(number, dids.ONE_PHONE)
        self.desk.next_call().wait_for(State.RINGING).answer()
        return call.wait_for(State.TALKING)

    def in_vain(self) -> None:
        """One call of each kind that ends without a person."""
        for number, (did, reason) in UNSEEN_MISSED.items():
            call = self.calls(number, did)
            if reason == "no-answer":
                call.wait_for(State.ENDED)
            elif reason == "abandoned":
                self.desk.next_call().wait_for(State.RINGING)
                call.hang_up()
            else:
                call.wait_for(State.TALKING)
                call.hang_up()
        self.desk.when_called = Refuse()
        self.calls(BUSY, dids.ONE_PHONE).wait_for(State.ENDED)


@pytest.mark.parametrize("main", ["cel", "cdr"])
def test_calls_of_the_gap_are_handled_once(main: str, carrier: CarrierServer, tmp_path: Path) -> None:
    config = {"carrier": carrier.config(timeout="2s"), "guards": {"settle": "0s"}}
    with ExitStack() as stack:
        pbx = stack.enter_context(Pbx(name=f"gap{main}"))
        config |= {"records": records_of(pbx, main)}
        service = stack.enter_context(Service(pbx, config=config, home=home_of(carrier, tmp_path / "clinic")))
        clinic = stack.enter_context(Onlooker(service))
        traffic = Traffic(pbx, stack)
        before = traffic.talk(TALKED_BEFORE)
        waiting = traffic.calls(WAITED_BEFORE, dids.CONFERENCE).wait_for(State.TALKING)
        clinic.wait(lambda: len(clinic.calls()) == 2, "both open rows")
        service.kill()

        before.hang_up()
        waiting.hang_up()
        traffic.in_vain()
        rotate(pbx)
        traffic.desk.when_called = Answer()
        traffic.calls(CAME_BACK, dids.CLOSED).wait_for(State.TALKING).hang_up()
        for number in (CAME_BACK, ANSWERED):
            traffic.calls(number, dids.ONE_PHONE).wait_for(State.TALKING).hang_up()
        still = traffic.calls(STILL_WAITS, dids.CONFERENCE).wait_for(State.TALKING)
        until(lambda: phones_on_line(pbx) == 1, "the PBX to have done with all calls but one")

        service.start()
        clinic.wait(lambda: clinic.calls_of(STILL_WAITS), "the call that still goes on")
        still.hang_up()
        calls = clinic.wait(lambda: all_judged(clinic, len(EVERYBODY) + 1), "every verdict", 60)

        assert sorted(call.caller.e164 for call in calls if call.caller) == sorted([*EVERYBODY, CAME_BACK])
        for number, (_, reason) in UNSEEN_MISSED.items():
            (call,) = clinic.calls_of(number)
            assert (call.verdict, call.reason, call.late) == ("missed", reason, True)
        verdicts = {call.verdict for call in clinic.calls_of(CAME_BACK)}  # a CDR's times are whole seconds
        assert verdicts == {"missed", "answered"}
        assert [call.verdict for call in clinic.calls_of(ANSWERED)] == ["answered"]
        assert [call.verdict for call in clinic.calls_of(TALKED_BEFORE)] == ["answered"]
        assert [(c.verdict, c.reason, c.late) for c in clinic.calls_of(STILL_WAITS)] == [
            ("missed", "ivr-hangup", False)
        ]
        until(lambda: all(map(carrier.texts_to, TEXTED)), lambda: f"the texts: {clinic.log_tail()}")
        assert [number for number in EVERYBODY - TEXTED if carrier.texts_to(number)] == []
        assert all(len(carrier.texts_to(number)) <= 1 for number in EVERYBODY)
        assert "Traceback" not in clinic.log()
        assert "ERROR" not in clinic.log()

        if main == "cel":  # the age of a call has nothing to do with the record that told of it
            service.stop()  # of two on one PBX, the second would stand by
            too_late(pbx, config, carrier, tmp_path / "late", main)


def all_judged(clinic: Onlooker, count: int) -> list[Call] | None:
    judged = [call for call in clinic.calls() if call.verdict is not None]
    return judged if len(judged) >= count else None


def too_late(pbx: Pbx, config: dict[str, Any], carrier: CarrierServer, home: Path, main: str) -> None:
    """Another clinic's first start on the same records, for which all this is long ago: people call back."""
    posted = len(carrier.posts)
    config = config | {"guards": {"late_after": "1ms"}}
    with Service(pbx, config=config, home=home_of(carrier, home)) as service, Onlooker(service) as clinic:
        clinic.wait(lambda: all_judged(clinic, len(EVERYBODY) + 1), "every verdict again", 60)
        for number in TEXTED:
            (task,) = clinic.tasks_of(number)
            assert task.title == "Call back (late)"
        assert clinic.tasks_of(ANSWERED) == clinic.tasks_of(CAME_BACK) == []
        assert len(carrier.posts) == posted


def test_asterisk_restarts_while_nobody_listens(carrier: CarrierServer, tmp_path: Path) -> None:
    """Two callers wait: one Asterisk stops in good order and tells so in its records, the other crashes."""
    stopped, crashed, after = "+13125550141", "+13125550142", "+13125550143"
    with ExitStack() as stack:
        pbx = stack.enter_context(Pbx(name="restarted"))
        config = {"carrier": carrier.config(timeout="2s"), "records": records_of(pbx, "cel")}
        service = stack.enter_context(Service(pbx, config=config, home=carrier.move_in(tmp_path)))
        clinic = stack.enter_context(Onlooker(service))
        service.stop()
        for number, end in ((stopped, pbx.stop_asterisk), (crashed, pbx.kill)):
            phone = stack.enter_context(Phone.outside(pbx, number))
            phone.call(dids.CONFERENCE).wait_for(State.TALKING)
            end()
            pbx.start()
        with Phone.outside(pbx, after) as phone:
            phone.call(dids.CLOSED).wait_for(State.TALKING).hang_up()
        service.start()
        clinic.wait(lambda: clinic.sent(stopped) == ["first-open"], "the text", 60)
        clinic.wait(lambda: clinic.calls_of(after) and clinic.calls_of(after)[0].verdict, "the last call", 60)
        assert clinic.calls_of(stopped)[0].late
        (task,) = clinic.wait(lambda: clinic.tasks_of(crashed), "a task", 60)
        assert task.title == "Call back (not-seen-to-the-end)"
        assert carrier.texts_to(crashed) == []


def test_a_caller_who_waits_in_a_queue_when_the_listener_comes(
    carrier: CarrierServer, tmp_path: Path
) -> None:
    """No record is read: what is known of them is what the PBX tells when it is asked who waits."""
    waited_before, waited_through = "+13125550144", "+13125550145"
    config = {"carrier": carrier.config(timeout="2s"), "guards": {"settle": "0s"}}
    config |= {"records": {"cel": {"place": None}, "cdr": {"place": None}, "queue_log": None}}
    with ExitStack() as stack:
        pbx = stack.enter_context(Pbx(name="waiting"))
        first = stack.enter_context(Phone.outside(pbx, waited_before)).call(dids.QUEUE)
        until(
            lambda: " 1 calls" in pbx.cli("queue show front").replace("has 1", " 1"),
            lambda: pbx.cli("queue show"),
        )
        service = stack.enter_context(Service(pbx, config=config, home=carrier.move_in(tmp_path)))
        clinic = stack.enter_context(Onlooker(service))
        second = stack.enter_context(Phone.outside(pbx, waited_through)).call(dids.QUEUE)
        clinic.wait(lambda: len(clinic.calls()) == 2, "both open rows")
        service.kill()
        service.start()
        for number, call in ((waited_before, first), (waited_through, second)):
            call.hang_up()
            clinic.wait(lambda n=number: clinic.sent(n) == ["first-open"], "the text", 60)  # type: ignore[misc]
            (row,) = clinic.calls_of(number)
            assert (row.verdict, row.reason, row.detail) == ("missed", "abandoned", "caller-cancel")
            assert row.queue == "front"
            assert row.partial
            assert row.ended_at
            assert row.ended_at - row.started_at > timedelta(seconds=1)
