"""The main job, whole: a real call that nobody answers, a text, a reply, an outcome, and the count of it.

Everything here is real but the carrier: a real Asterisk, SIP phones, `secondring run` in a process of its own.
"""

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lab import ports
from lab.pbx import Pbx
from lab.phones import Answer, Phone, State
from lab.service import Service
from secondring.domain.records import Outcome, TaskState
from secondring.domain.verdict import Verdict
from tests.support.carrier_server import TOKEN, CarrierServer
from tests.support.onlooker import Onlooker
from tests.support.signed_webhook import SECRET, deliver
from tests.support.until import until

CLINIC = "+12025550100"
DIALLED = "2025550100"
NURSE = "+12025550177"
LINK = "https://book.northside.example/new"
SOON = timedelta(seconds=3)
"""From hang-up to the carrier's acceptance, the default settle time of 2 s included."""

BOOKER, BILLED, REFILLER, URGENT, STOPPER, TALKER, SPANISH, TIRED, CALLED_BACK = (
    f"+1312555010{n}" for n in range(1, 10)
)
MISSED = (BOOKER, BILLED, REFILLER, URGENT, STOPPER, TALKER, SPANISH, CALLED_BACK)
"""Each of them calls once, in vain, before the first test."""


@pytest.fixture(scope="module")
def desk(pbx: Pbx) -> Iterator[Phone]:
    """The front desk's phone, which rings until somebody does something."""
    with Phone.inside(pbx, "1001") as phone:
        yield phone


@pytest.fixture(scope="module")
def clinic(pbx: Pbx, desk: Phone) -> Iterator[Onlooker]:
    """A morning at a clinic: eight callers have been missed and texted."""
    with Service(pbx, config={"guards": {"spoken": "1s"}}) as service, Onlooker(service) as onlooker:
        for number in MISSED:
            call_in_vain(pbx, desk, number)
        for number in MISSED:
            onlooker.wait_for_text(number, "first-open")
        yield onlooker


def call_in_vain(pbx: Pbx, desk: Phone, number: str) -> None:
    """Call, hear it ring, give up."""
    with Phone.outside(pbx, number) as caller:
        call = caller.call(DIALLED).wait_for(State.RINGING)
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()


def call_and_talk(pbx: Pbx, desk: Phone, number: str) -> None:
    """Call and be answered."""
    with Phone.outside(pbx, number) as caller:
        call = caller.call(DIALLED)
        desk.next_call().wait_for(State.RINGING).answer()
        call.wait_for(State.TALKING)
        call.hang_up()


def call_back(pbx: Pbx, desk: Phone, number: str) -> None:
    """Staff call a patient, who answers and talks for longer than `guards.spoken`."""
    with Phone.outside(pbx, number, when_called=Answer()) as patient:
        call = desk.call(f"9{number[2:]}").wait_for(State.TALKING)
        patient.next_call().wait_for(State.TALKING)
        call.stay(1.3)
        call.hang_up()


def outcome(clinic: Onlooker, number: str) -> Outcome | None:
    episode = clinic.episode(number)
    return episode.outcome if episode else None


# ---------------------------------------------------------------- the text


def test_a_missed_caller_has_a_text_within_three_seconds(clinic: Onlooker) -> None:
    for number in MISSED:
        (call,) = clinic.calls_of(number)
        text = clinic.wait_for_text(number, "first-open")
        assert (call.verdict, call.reason, call.detail) == (Verdict.MISSED, "no-answer", "caller-cancel")
        assert text.settled_at is not None
        assert call.ended_at is not None
        assert timedelta(seconds=2) <= text.settled_at - call.ended_at <= SOON
        first = clinic.inbox(number)[0]
        assert first.startswith("Northside Clinic: sorry we missed your call.")


def test_explain_tells_why_the_text_went(clinic: Onlooker) -> None:
    (call,) = clinic.calls_of(BOOKER)
    story = clinic.service.ask("explain", call.id.uniqueid)
    assert "rang and nobody answered" in story
    assert "Decision text by rule text-back: it rang and nobody answered, and the clinic is open." in story
    assert "Text 'first-open' was" in story
    assert BOOKER[2:] not in story


def test_a_caller_who_is_answered_within_the_settle_time_gets_no_text(
    pbx: Pbx, desk: Phone, clinic: Onlooker
) -> None:
    call_in_vain(pbx, desk, TIRED)
    call_and_talk(pbx, desk, TIRED)
    clinic.wait(lambda: outcome(clinic, TIRED) is Outcome.REACHED, "the episode to end as reached")
    assert [(text.template, text.state) for text in clinic.texts(TIRED)] == [("first-open", "cancelled")]
    both = [Verdict.MISSED, Verdict.ANSWERED]
    clinic.wait(lambda: [call.verdict for call in clinic.calls_of(TIRED)] == both, "both verdicts")
    assert clinic.inbox(TIRED) == []


# ---------------------------------------------------------------- the branches


def test_book_gets_the_link(clinic: Onlooker) -> None:
    clinic.reply(BOOKER, "BOOK")
    clinic.wait_for_text(BOOKER, "book")
    assert f" {LINK} " in clinic.inbox(BOOKER)[-1]
    assert clinic.tasks_of(BOOKER) == []


def test_billing_becomes_a_task_and_its_end_resolves_the_episode(clinic: Onlooker) -> None:
    clinic.reply(BILLED, "billing")
    task = clinic.wait_for_task(BILLED)
    assert (task.queue, task.urgent, task.said) == ("billing", False, "billing")
    clinic.wait_for_text(BILLED, "billing")
    clinic.service.ask("tasks", "take", task.id, "--by", "rosa")
    clinic.service.ask("tasks", "done", task.id, "--by", "rosa", "--result", "resolved")
    assert outcome(clinic, BILLED) is Outcome.RESOLVED
    assert clinic.tasks_of(BILLED)[0].state is TaskState.DONE


def test_refill_becomes_a_task_of_the_care_team(clinic: Onlooker) -> None:
    clinic.reply(REFILLER, "I need a refill please")
    assert clinic.wait_for_task(REFILLER).queue == "care-team"
    clinic.wait_for_text(REFILLER, "refill")


def test_urgent_alerts_the_nurse_and_a_call_back_connects_them(
    pbx: Pbx, desk: Phone, clinic: Onlooker
) -> None:
    clinic.reply(URGENT, "URGENT")
    task = clinic.wait_for_task(URGENT)
    assert (task.queue, task.urgent, task.state) == ("triage", True, TaskState.OPEN)
    clinic.wait_for_text(URGENT, "urgent")
    clinic.wait_for_text(URGENT, "staff-alert")
    assert clinic.inbox(URGENT)[-1].startswith("If this is an emergency call 911.")
    (alert,) = clinic.inbox(NURSE)
    assert task.id in alert
    assert URGENT[2:] not in alert
    clinic.wait_until_logged("ALARM urgent")
    call_back(pbx, desk, URGENT)
    clinic.wait(lambda: outcome(clinic, URGENT) is Outcome.URGENT_CONNECTED, "urgent-connected")
    assert clinic.tasks_of(URGENT)[0].state is TaskState.DONE


def test_stop_is_confirmed_once_and_the_next_missed_call_gets_a_person(
    pbx: Pbx, desk: Phone, clinic: Onlooker
) -> None:
    clinic.reply(STOPPER, "stop")
    clinic.wait_for_text(STOPPER, "opt-out")
    clinic.wait(lambda: outcome(clinic, STOPPER) is Outcome.OPTED_OUT, "opted-out")
    call_in_vain(pbx, desk, STOPPER)
    task = clinic.wait_for_task(STOPPER)
    assert task.queue == "front-desk"
    assert [text for text in clinic.texts(STOPPER) if text.outgoing] == []
    assert [decision.rule for decision in clinic.decisions(STOPPER)] == ["opted-out"]
    assert len(clinic.inbox(STOPPER)) == 2


def test_free_words_reach_a_person_whole(clinic: Onlooker) -> None:
    said = "My son's school wants a form signed — could Dr. Alvarez’s office do that? ¡Gracias! 🙏"
    clinic.reply(TALKER, said)
    task = clinic.wait_for_task(TALKER)
    assert (task.queue, task.said) == ("front-desk", said)
    clinic.wait_for_text(TALKER, "unknown")
    (row,) = [row for row in clinic.service.rows("tasks", "--numbers") if row["task"] == task.id]
    assert row["said"] == said
    assert row["caller"] == TALKER


def test_a_spanish_reply_is_answered_in_spanish(clinic: Onlooker) -> None:
    clinic.reply(SPANISH, "quiero una cita por favor")
    clinic.wait_for_text(SPANISH, "book")
    answer = clinic.inbox(SPANISH)[-1]
    assert "elija" in answer
    assert f" {LINK} " in answer


def test_a_call_back_that_is_answered_closes_the_episode(pbx: Pbx, desk: Phone, clinic: Onlooker) -> None:
    call_back(pbx, desk, CALLED_BACK)
    clinic.wait(lambda: outcome(clinic, CALLED_BACK) is Outcome.REACHED, "reached")
    assert clinic.decisions(CALLED_BACK)[-1].rule == "called-back"


# ---------------------------------------------------------------- the count


def test_the_report_counts_what_the_books_hold(clinic: Onlooker) -> None:
    """Whichever tests ran before, each figure of the report is counted again from the rows behind it."""
    (report,) = clinic.service.rows("report")
    episodes = clinic.episodes()
    ended = Counter(str(e.outcome) for e in episodes if e.outcome)
    won = sum(ended[name] for name in ("booked", "resolved", "reached", "urgent-connected"))
    assert (report["recovery"]["numerator"], report["recovery"]["denominator"]) == (won, len(episodes))
    assert report["recovery"]["value"] == pytest.approx(won / len(episodes))
    assert {name: n for name, n in report["outcomes"].items() if n} == dict(ended)
    assert report["still_open"] + ended.total() == len(episodes)
    texted = [e for e in episodes if e.texted_at]
    replied = [e for e in texted if e.replied_at]
    assert report["time_to_first_text"]["count"] == len(texted) >= len(MISSED)
    assert report["time_to_first_text"]["within_target"]["value"] == 1.0
    assert 2.0 <= report["time_to_first_text"]["p50"] <= report["time_to_first_text"]["longest"] < 3.0
    assert (report["replied"]["numerator"], report["replied"]["denominator"]) == (len(replied), len(texted))
    urgent = [e for e in episodes if e.urgent_at]
    assert report["urgent_reached"]["denominator"] == len(urgent)
    verdicts = Counter(call.verdict for call in clinic.calls() if call.direction == "inbound")
    assert sum(report["calls_missed"].values()) == verdicts[Verdict.MISSED]
    assert report["calls_answered"] == verdicts[Verdict.ANSWERED]


def test_the_log_holds_nothing_worse_than_an_alarm(clinic: Onlooker) -> None:
    bad = [line for line in clinic.log().splitlines() if line.startswith(("ERROR", "CRITICAL", "Traceback"))]
    assert [line for line in bad if "ALARM urgent" not in line] == []


# ---------------------------------------------------------------- the other carrier


def test_the_loop_over_http_with_signed_webhooks(
    request: pytest.FixtureRequest, pbx: Pbx, desk: Phone, tmp_path: Path
) -> None:
    request.getfixturevalue("clinic").service.stop()  # of two on one PBX, the second would stand by
    number = "+13125550111"
    hook = ports.free_port(socket.SOCK_STREAM)
    with CarrierServer() as carrier:
        config = {"carrier": carrier.config(hook), "guards": {"settle": "0s"}}
        with (
            Service(pbx, config=config, home=carrier.move_in(tmp_path)) as service,
            Onlooker(service) as clinic,
        ):
            call_in_vain(pbx, desk, number)
            text = clinic.wait_for_text(number, "first-open")
            (post,) = carrier.texts_to(number)
            assert (post.id, post.sender, post.authorization) == (text.id, CLINIC, f"Bearer {TOKEN}")
            assert text.carrier_id == f"carrier-{text.id}"
            assert carrier.receipt(f"carrier-{text.id}", "delivered", hook) == 200
            assert clinic.texts(number)[0].state == "delivered"

            assert carrier.reply(number, CLINIC, "book", hook, id_="C-1") == 200
            assert carrier.reply(number, CLINIC, "book", hook, id_="C-1") == 200
            until(lambda: len(carrier.texts_to(number)) == 2, "the link")
            assert f" {LINK} " in carrier.texts_to(number)[1].text
            assert [text.body for text in clinic.texts(number) if not text.outgoing] == ["book"]

            forged = {"id": "C-2", "from": number, "to": CLINIC, "text": "STOP"}
            assert deliver(hook, "inbound", forged, secret=f"not-{SECRET}") == 401
            assert deliver(hook, "inbound", forged | {"to": "nobody"}) == 400
            assert outcome(clinic, number) is None
            assert len(carrier.posts_to(number)) == 2
