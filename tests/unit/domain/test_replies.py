"""From a reply to the right queue, link or person, and to the outcome."""

from datetime import timedelta
from pathlib import Path

import pytest

from secondring.domain.deskwork import Result
from secondring.domain.errors import NotNow
from secondring.domain.records import Origin, Outcome
from secondring.domain.rules import FollowUp
from secondring.domain.story import next_step
from secondring.domain.texting import Arrival, Stray
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, new_database
from tests.support.clinic import ANNA, CLINIC, NURSE, Clinic, a_site, some_rules


def texted(clinic: Clinic | None = None) -> Clinic:
    """A clinic whose caller has had the first text."""
    clinic = clinic or Clinic()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.on_phones.clear()
    return clinic.wait(minutes=1)


def test_book_sends_the_link_and_the_desk_takes_over_when_nothing_comes_of_it() -> None:
    clinic = texted().writes("BOOK")
    clinic.send_due()
    assert clinic.templates == ["book"]
    assert clinic.tasks == []
    clinic.wait(hours=5).run_timers()
    assert "no booking after our link" in clinic.task.title
    clinic.finishes(clinic.task, Result.BOOKED)
    assert clinic.episode.outcome is Outcome.BOOKED


def test_without_a_booking_page_the_desk_books() -> None:
    clinic = texted(Clinic(rules=some_rules(a_site(booking_url=None)))).writes(
        "I want to book an appointment"
    )
    clinic.send_due()
    assert clinic.templates == ["book-call"]
    assert clinic.task.queue == "front-desk"


def test_help_after_the_link_gets_a_person() -> None:
    clinic = texted().writes("BOOK").writes("HELP")
    assert clinic.task.queue == "front-desk"


def test_help_alone_is_answered() -> None:
    clinic = texted().writes("HELP")
    clinic.send_due()
    assert clinic.templates == ["help"]
    assert clinic.tasks == []


@pytest.mark.parametrize(
    ("words", "queue", "template", "due_in"),
    [
        ("BILLING", "billing", "billing", timedelta(days=1, hours=6, minutes=58)),
        ("REFILL", "care-team", "refill", timedelta(hours=6, minutes=58)),
        ("the thing with the thing", "front-desk", "unknown", timedelta(hours=1)),
    ],
)
def test_human_work_has_a_queue_and_a_clock(words: str, queue: str, template: str, due_in: timedelta) -> None:
    clinic = texted().writes(words)
    clinic.send_due()
    assert clinic.templates == [template]
    assert (clinic.task.queue, clinic.task.said) == (queue, words)
    assert abs(clinic.task.due_at - clinic.now - due_in) < timedelta(minutes=2)


def test_a_second_text_joins_the_task_and_is_not_answered_again() -> None:
    clinic = texted().writes("BILLING").writes("call me after 4 thanks")
    clinic.send_due()
    assert clinic.templates == ["billing"]
    assert clinic.task.said == "BILLING\ncall me after 4 thanks"


def test_urgent_after_book_is_urgent() -> None:
    clinic = texted(Clinic(rules=some_rules(a_site(alert_numbers=(NURSE,))))).writes("BOOK").writes("URGENT")
    clinic.send_due()
    assert sorted(clinic.templates) == ["book", "staff-alert", "urgent"]
    assert [text.patient for text in clinic.on_phones if text.template == "staff-alert"] == [NURSE]
    assert clinic.task.urgent
    assert clinic.task.due_at == clinic.now
    assert [alarm.kind for alarm in clinic.alarms] == ["urgent"]


def test_emergency_words_are_urgent_even_with_a_stop() -> None:
    clinic = texted().writes("stop it I can't breathe")
    assert clinic.task.urgent


def test_urgent_and_stop_in_one_breath_is_answered_once_and_then_never_texted_again() -> None:
    clinic = texted().writes("stop texting me I have chest pain")
    clinic.send_due()
    assert clinic.templates == ["urgent"]
    assert clinic.task.urgent
    clinic.writes("URGENT")
    assert clinic.send_due() == []
    clinic.wait(days=2)
    assert clinic.rules_that_decided(clinic.misses()) in (["opted-out"], ["one-text-per-window"])


def test_stop_with_a_wish_beside_it_is_a_stop_and_a_task() -> None:
    clinic = texted().writes("don't text me, just call me")
    clinic.send_due()
    assert clinic.templates == ["opt-out"]
    assert clinic.task.said == "don't text me, just call me"


def test_a_text_we_fail_on_is_read_by_a_person() -> None:
    clinic = texted()
    arrival = Arrival(carrier="t", carrier_id="9", sender=ANNA, to=CLINIC, body="?", at=clinic.now)
    with clinic.store.transaction() as books:
        clinic.desk.leave_to_a_person(books, arrival, clinic.now)
    assert (clinic.task.said, clinic.task.due_at) == ("?", clinic.now)
    assert [alarm.kind for alarm in clinic.alarms] == ["reply-not-handled"]


def test_an_urgent_task_stays_until_someone_has_spoken_with_the_caller() -> None:
    clinic = texted().writes("URGENT")
    with pytest.raises(NotNow, match="urgent"):
        clinic.finishes(clinic.task, Result.RESOLVED)
    clinic.wait(seconds=30).calls_back(talked=60)
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED
    assert clinic.episode.urgent_reached_at is not None
    assert clinic.tasks == []


def test_stop_ends_texting_with_one_confirmation() -> None:
    clinic = texted().writes("STOP").writes("stop")
    clinic.send_due()
    assert clinic.templates == ["opt-out"]
    assert clinic.episodes[0].outcome is Outcome.OPTED_OUT
    consent = clinic.consent()
    assert consent is not None
    assert consent.opted_out


def test_no_confirmation_where_the_carrier_sends_it() -> None:
    clinic = texted(Clinic(rules=some_rules(carrier_confirms_opt_out=True))).writes("STOP")
    assert clinic.send_due() == []


def test_stop_calls_back_what_was_not_sent_yet() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.writes("STOP")
    clinic.wait(minutes=1).send_due()
    assert clinic.templates == ["opt-out"]


def test_a_caller_who_opted_out_is_called_not_texted() -> None:
    clinic = texted().writes("STOP")
    clinic.send_due()
    clinic.wait(days=2)
    ended = clinic.misses()
    assert clinic.rules_that_decided(ended) == ["opted-out"]
    assert clinic.wait(minutes=1).send_due() == []
    assert clinic.task.queue == "front-desk"


def test_urgent_from_someone_who_opted_out_still_reaches_a_person() -> None:
    clinic = texted().writes("STOP")
    clinic.send_due()
    clinic.on_phones.clear()
    clinic.writes("URGENT")
    assert clinic.send_due() == []
    assert clinic.task.urgent


def test_cancel_opts_out_and_asks_a_person_about_the_appointment() -> None:
    clinic = texted().writes("CANCEL")
    clinic.send_due()
    assert clinic.templates == ["opt-out"]
    assert "appointment" in clinic.task.title
    clinic.finishes(clinic.task, Result.RESOLVED)
    assert clinic.episode.outcome is Outcome.RESOLVED


def test_a_question_beside_an_opt_out_goes_to_the_front_desk_whole() -> None:
    clinic = texted().writes("STOP calling me back so late, when do you open?")
    consent = clinic.consent()
    assert consent is not None
    assert consent.opted_out
    assert (clinic.task.queue, "when do you open" in clinic.task.said) == ("front-desk", True)


def test_start_opts_in_again() -> None:
    clinic = texted().writes("STOP")
    clinic.send_due()
    clinic.writes("START").send_due()
    assert clinic.templates == ["opt-out", "start"]
    consent = clinic.consent()
    assert consent is not None
    assert not consent.opted_out


def test_spanish_is_answered_in_spanish_from_then_on() -> None:
    clinic = texted().writes("quiero una cita")
    (text,) = clinic.send_due()
    assert text.body.startswith("book/es")
    clinic.wait(days=2).run_timers()
    clinic.misses()
    assert clinic.episodes[-1].language == "es"


def test_a_reply_after_we_had_given_up_wins_the_caller_back() -> None:
    clinic = texted()
    clinic.wait(hours=25).run_timers()
    assert clinic.episode.outcome is Outcome.UNRECOVERED
    clinic.writes("BILLING")
    assert clinic.episodes[0].is_open
    clinic.finishes(clinic.task, Result.RESOLVED)
    assert [episode.outcome for episode in clinic.episodes] == [Outcome.RESOLVED]


def test_a_text_out_of_the_blue_is_looked_after_and_not_counted() -> None:
    clinic = Clinic().writes("do you take new patients?")
    assert clinic.episode.origin is Origin.TEXT
    assert clinic.task.queue == "front-desk"
    with clinic.store.reading() as books:
        figures = books.figures(since=clinic.now - timedelta(days=1), until=clinic.now + timedelta(days=1))
    assert figures.episodes == 0


def test_a_text_delivered_twice_counts_once() -> None:
    clinic = texted().writes("BILLING", id_="m1").writes("BILLING", id_="m1")
    assert clinic.task.said == "BILLING"


def test_two_machines_do_not_text_each_other_for_ever() -> None:
    clinic = texted()
    for _ in range(40):
        clinic.writes("HELP").wait(seconds=5).send_due()
    assert len(clinic.on_phones) <= 12


def test_one_reminder_goes_out_in_opening_hours_and_only_to_those_who_did_not_reply() -> None:
    rules = some_rules(follow_up=FollowUp(reminder_after=timedelta(hours=3)))
    silent, talking = texted(Clinic(rules=rules)), texted(Clinic(rules=rules)).writes("HELP")
    for clinic in (silent, talking):
        clinic.wait(hours=4).run_timers().send_due()
    assert silent.templates == ["reminder"]
    assert "reminder" not in talking.templates


def test_an_episode_nobody_could_text_ends_untextable() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).fails()
    clinic.wait(hours=25).run_timers()
    assert clinic.episode.is_open
    clinic.finishes(clinic.task, Result.NO_CONTACT)
    assert clinic.episode.outcome is Outcome.UNTEXTABLE


def test_two_people_never_take_the_same_task() -> None:
    clinic = texted().writes("BILLING")
    with clinic.store.transaction() as books:
        clinic.deskwork.take(books, clinic.task.id, "ana", clinic.now)
    with clinic.store.transaction() as books, pytest.raises(NotNow, match="already ana"):
        clinic.deskwork.take(books, clinic.task.id, "bea", clinic.now)


def test_the_number_and_the_words_show_in_no_repr() -> None:
    clinic = texted().writes("my secret words")
    shown = repr((clinic.tasks, clinic.texts, clinic.episodes, clinic.consent()))
    assert ANNA.e164 not in shown
    assert "secret words" not in shown


def strays(clinic: Clinic, body: str, *, sender: str = "22000", to: str = CLINIC.e164) -> bool:
    stray = Stray(carrier="test", carrier_id="s1", sender=sender, to=to, body=body, at=clinic.now)
    with clinic.store.transaction() as books:
        return clinic.desk.unanswerable(books, stray, clinic.now)


def test_a_text_that_cannot_be_answered_is_read_by_a_person_within_the_hour() -> None:
    clinic = Clinic()
    assert strays(clinic, "Your delivery waits at the door")
    assert not strays(clinic, "Your delivery waits at the door"), "it came before"
    clinic.send_due()
    assert clinic.on_phones == []
    task = clinic.task
    assert (task.queue, task.caller, task.urgent) == ("front-desk", None, False)
    assert task.said == "22000: Your delivery waits at the door"
    assert task.due_at - clinic.now <= timedelta(hours=1)
    assert "no number to answer" in next_step(task)
    clinic.finishes(task, Result.RESOLVED)
    assert clinic.tasks == []


def test_an_urgent_text_that_cannot_be_answered_is_due_at_once() -> None:
    clinic = Clinic()
    strays(clinic, "URGENT my mother cannot breathe", sender="", to="2")
    assert (clinic.task.urgent, clinic.task.due_at) == (True, clinic.now)
    assert clinic.task.said.startswith("somebody: URGENT")


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_stray_outlives_its_window_on_the_lists(tmp_path: Path, on_disk: bool) -> None:
    clinic = Clinic(store=SqlStore(new_database(tmp_path), KEY)) if on_disk else Clinic()
    strays(clinic, "Your delivery waits at the door")
    clinic.wait(days=3).run_timers()
    (task,) = clinic.tasks
    assert (task.caller, task.said) == (None, "22000: Your delivery waits at the door")
    with clinic.store.reading() as books:
        assert books.open_episodes(ANNA) == []
    clinic.store.close()
