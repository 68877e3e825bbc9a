"""Patients book themselves: from the text to the booking, and what follows from it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.booking import (
    NEXT,
    Booking,
    BookingState,
    LinkKind,
    become,
    new_token,
    token_hash,
)
from secondring.domain.booking_desk import MOST_CHOICES, BookingDesk, Person, Result
from secondring.domain.booking_link import Links
from secondring.domain.deskwork import Result as TaskResult
from secondring.domain.episodes import LINK_SILENCE, REMINDER, WINDOW, timer_key
from secondring.domain.errors import NotNow, UnknownThing
from secondring.domain.ids import SiteId
from secondring.domain.offer import InCall, Offers, Promise
from secondring.domain.records import Outcome, TaskState, TextState
from secondring.domain.rules import Ask
from tests.support.booking import PUBLIC, BookingClinic, booking_rules, booking_site
from tests.support.books import a_booking
from tests.support.clinic import ANNA, BEN, MONDAY_TEN, PlainWording, some_rules


@pytest.fixture
def clinic() -> BookingClinic:
    return BookingClinic()


TUESDAY_NINE = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)


# ------------------------------------------------------------------ the link


def test_the_text_holds_a_link_for_this_episode(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    assert f"{PUBLIC}/b/{token}" in clinic.on_phones[-1].body
    (link,) = clinic.all_links
    assert (link.kind, link.episode) == (LinkKind.OWN, clinic.episode.id)
    assert link.expires_at - link.made_at == timedelta(days=3)
    assert clinic.there(token).episode.id == clinic.episode.id


def test_each_caller_gets_another_link(clinic: BookingClinic) -> None:
    one, other = clinic.asks_to_book(ANNA), clinic.asks_to_book(BEN)
    assert one != other
    assert clinic.there(one).episode.caller == ANNA
    assert clinic.there(other).episode.caller == BEN


def test_the_token_is_kept_nowhere_but_in_the_text(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    (link,) = clinic.all_links
    assert token not in repr(link)
    assert link.token == token_hash(token)
    assert len(link.token) == 64


def test_the_page_that_is_off_sends_the_clinics_own_address() -> None:
    rules = replace(some_rules(booking_site(booking_url="https://elsewhere.example/")), booking=None)
    clinic = BookingClinic(rules=rules)
    clinic.misses()
    clinic.wait(seconds=10).send_due()
    clinic.writes("BOOK").send_due()
    assert clinic.on_phones[-1].body.endswith("https://elsewhere.example/")
    assert clinic.all_links == []


def test_a_site_without_any_page_has_the_desk_call() -> None:
    clinic = BookingClinic(rules=booking_rules(booking_site(timetable=None)))
    clinic.misses()
    clinic.wait(seconds=10).send_due()
    clinic.writes("BOOK").send_due()
    assert clinic.templates[-1] == "book-call"
    assert clinic.task.title == "Book an appointment"


def test_a_caller_who_presses_1_gets_a_link_too(clinic: BookingClinic) -> None:
    offers = Offers(clinic.rules, PlainWording(), "1", clinic.links)
    began = clinic.rings()
    call = InCall(uniqueid=began.call.uniqueid, caller=ANNA.e164, did="2025550100")
    with clinic.store.transaction() as books:
        assert offers.text_link(books, began.call, call, clinic.now) is Promise.SENT
    clinic.send_due()
    assert clinic.templates == ["asked-link"]
    assert clinic.there(clinic.token(clinic.on_phones[-1])).episode.caller == ANNA


def test_a_page_without_a_source_of_tokens_does_not_start() -> None:
    with pytest.raises(ValueError, match="source of tokens"):
        Links(booking_rules())


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 22, "é" * 22, "A" * 21 + "B", "=" * 22, "A" * 23, "../../x"]
)
def test_whatever_is_no_link_of_ours_leads_nowhere(clinic: BookingClinic, token: str) -> None:
    clinic.asks_to_book()
    assert clinic.visitor(token) is None


def test_a_link_runs_out(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.wait(days=2, hours=23)
    assert clinic.visitor(token) is not None
    clinic.wait(hours=1)
    assert clinic.visitor(token) is None


def test_a_link_that_led_to_a_booking_works_until_it_begins(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    last = clinic.times(token)[-1]
    clinic.holds(token, last)
    clinic.confirms(token)
    clinic.now = last - timedelta(minutes=1)
    assert clinic.there(token).booked is not None
    clinic.now = last
    assert clinic.visitor(token) is None


def test_a_link_of_a_site_that_is_no_more_leads_nowhere(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    elsewhere = booking_site(id=SiteId("south"), name="Southside Clinic")
    clinic.booking = BookingDesk(booking_rules(elsewhere), PlainWording())
    assert clinic.visitor(token) is None


@given(st.binary(min_size=16, max_size=16))
def test_a_token_reads_back_and_only_as_itself(secret: bytes) -> None:
    token = new_token(secret)
    assert len(token) == 22
    assert token_hash(token) is not None
    altered = ("B" if token[0] == "A" else "A") + token[1:]
    assert token_hash(altered) not in (None, token_hash(token))


@given(st.text(max_size=30))
def test_anything_may_be_offered_as_a_token(text: str) -> None:
    found = token_hash(text)
    assert found is None or len(text) == 22


# ------------------------------------------------------------------ booking


def test_a_booking_closes_the_episode_and_is_confirmed_by_text(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    booked = clinic.books_first(token)
    assert booked.starts_at == TUESDAY_NINE
    assert clinic.episode.outcome is Outcome.BOOKED
    clinic.send_due()
    assert clinic.templates[-1] == "booked"
    assert token in clinic.on_phones[-1].body
    assert "for 2026-03-03 14:00" in clinic.on_phones[-1].body
    for kind in (LINK_SILENCE, REMINDER, WINDOW):
        with clinic.store.reading() as books:
            assert books.job(timer_key(kind, clinic.episode.id)) is None


def test_looking_changes_nothing(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    before = (clinic.episode, clinic.texts, clinic.bookings(clinic.episode))
    assert clinic.visitor(token)
    assert clinic.times(token)
    assert (clinic.episode, clinic.texts, clinic.bookings(clinic.episode)) == before


def test_a_held_time_is_nobody_elses_until_it_runs_out(clinic: BookingClinic) -> None:
    anna, ben = clinic.asks_to_book(ANNA), clinic.asks_to_book(BEN)
    assert clinic.holds(anna, TUESDAY_NINE) is Result.DONE
    assert TUESDAY_NINE not in clinic.times(ben)
    assert clinic.holds(ben, TUESDAY_NINE) is Result.TAKEN
    clinic.wait(minutes=10)
    assert TUESDAY_NINE in clinic.times(ben)
    assert clinic.holds(ben, TUESDAY_NINE) is Result.DONE
    assert clinic.there(anna).held is None


def test_choosing_the_same_time_again_keeps_it_longer(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.holds(token, TUESDAY_NINE)
    clinic.wait(minutes=9)
    assert clinic.holds(token, TUESDAY_NINE) is Result.DONE
    clinic.wait(minutes=9)
    held = clinic.there(token).held
    assert held is not None
    assert len(clinic.bookings(clinic.episode)) == 1


def test_confirming_twice_is_done_once(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    booked = clinic.books_first(token)
    assert clinic.confirms(token, booked.id) is Result.DONE
    assert [t.template for t in clinic.texts].count("booked") == 1


def test_confirming_late_works_while_the_time_is_free(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.holds(token, TUESDAY_NINE)
    held = clinic.there(token).held
    assert held is not None
    clinic.wait(minutes=11)
    assert clinic.confirms(token, held.id) is Result.DONE


def test_confirming_late_is_refused_when_somebody_else_has_it(clinic: BookingClinic) -> None:
    anna, ben = clinic.asks_to_book(ANNA), clinic.asks_to_book(BEN)
    clinic.holds(anna, TUESDAY_NINE)
    held = clinic.there(anna).held
    assert held is not None
    clinic.wait(minutes=11)
    clinic.holds(ben, TUESDAY_NINE)
    assert clinic.confirms(anna, held.id) is Result.TAKEN
    assert clinic.confirms(ben) is Result.DONE


def test_a_page_left_open_does_not_confirm_what_was_given_up_for_another(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.holds(token, TUESDAY_NINE)
    first = clinic.there(token).held
    clinic.wait(minutes=11)
    clinic.holds(token, TUESDAY_NINE + timedelta(hours=1))
    second = clinic.there(token).held
    assert first
    assert second
    assert clinic.confirms(token, first.id) is Result.TAKEN
    assert clinic.confirms(token, second.id) is Result.DONE
    clinic.holds(token, TUESDAY_NINE)
    assert clinic.confirms(token) is Result.DONE
    assert clinic.confirms(token, second.id) is Result.NOTHING


def test_only_what_is_offered_can_be_had(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    for wrong in (TUESDAY_NINE + timedelta(minutes=5), MONDAY_TEN, TUESDAY_NINE + timedelta(days=90)):
        assert clinic.holds(token, wrong) is Result.TAKEN
    assert clinic.holds(token, TUESDAY_NINE, visit="surgery") is Result.TAKEN
    assert clinic.confirms(token, "B-nothing") is Result.NOTHING


def test_a_hold_can_be_let_go(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.holds(token, TUESDAY_NINE)
    held = clinic.there(token).held
    assert held is not None
    assert clinic.lets_go(token) is Result.DONE
    assert clinic.lets_go(token) is Result.NOTHING
    assert clinic.confirms(token, held.id) is Result.NOTHING
    assert clinic.times(token)[0] == TUESDAY_NINE


def test_nobody_can_choose_without_end(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    for choice in range(MOST_CHOICES):
        assert clinic.holds(token, clinic.times(token)[choice % 2]) is Result.DONE
    assert clinic.holds(token, clinic.times(token)[5]) is Result.TAKEN


def test_the_clinic_may_want_to_know_who_comes() -> None:
    rules = booking_rules(ask_name=Ask.REQUIRED, ask_birth_date=Ask.OPTIONAL)
    clinic = BookingClinic(rules=rules)
    token = clinic.asks_to_book()
    clinic.holds(token, TUESDAY_NINE)
    assert clinic.confirms(token) is Result.INCOMPLETE
    assert clinic.confirms(token, name="Anna", born=date(1980, 2, 29)) is Result.DONE
    booked = clinic.there(token).booked
    assert booked is not None
    assert (booked.first_name, booked.born) == ("Anna", date(1980, 2, 29))
    assert "Anna" not in repr(Person(first_name="Anna"))


# ------------------------------------------------------------------ moving and cancelling


def test_moving_takes_the_new_time_for_the_old_one(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    old = clinic.books_first(token)
    clinic.send_due()
    new = clinic.times(token)[3]
    clinic.holds(token, new)
    still = clinic.there(token).booked
    assert still is not None
    assert still.id == old.id
    clinic.confirms(token)
    booked = clinic.there(token).booked
    assert booked is not None
    assert booked.starts_at == new
    assert old.starts_at in clinic.times(token)
    clinic.send_due()
    assert clinic.templates[-1] == "booking-moved"
    assert clinic.episode.outcome is Outcome.BOOKED


def test_cancelling_gives_the_time_back_and_the_episode_goes_on(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    booked = clinic.books_first(token)
    clinic.send_due()
    assert clinic.cancels(token, "B-other") is Result.NOTHING
    assert clinic.cancels(token) is Result.DONE
    assert clinic.cancels(token, booked.id) is Result.NOTHING
    assert booked.starts_at in clinic.times(token)
    assert clinic.episode.is_open
    clinic.send_due()
    assert clinic.templates[-1] == "booking-cancelled"
    clinic.wait(days=1).run_timers()
    assert clinic.episode.outcome is Outcome.UNRECOVERED


def test_cancelling_days_later_leaves_the_missed_call_won_back(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    last = clinic.times(token)[-1]
    clinic.holds(token, last)
    clinic.confirms(token)
    clinic.wait(days=2)
    assert clinic.cancels(token) is Result.DONE
    assert clinic.episode.outcome is Outcome.BOOKED


def test_the_clinic_calls_a_booking_off(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    booked = clinic.books_first(token)
    clinic.send_due()
    with clinic.store.transaction() as books:
        assert clinic.on_behalf.call_off(books, booked.id, "ana", clinic.now).state is BookingState.CANCELLED
    assert [text.template for text in clinic.send_due()] == ["booking-cancelled"]
    assert clinic.task.title.startswith("Offer another time")
    assert clinic.episode.is_open
    assert booked.starts_at in clinic.times(token)
    with pytest.raises(UnknownThing), clinic.store.transaction() as books:
        clinic.on_behalf.call_off(books, booked.id, "ana", clinic.now)
    clinic.books_first(token)
    assert clinic.tasks == []


# ------------------------------------------------------------------ what a booking settles, and what not


def test_a_booking_settles_the_desks_task_to_book(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.wait(hours=5).run_timers()
    assert clinic.task.title.startswith("Book an appointment (no booking")
    clinic.books_first(token)
    assert clinic.tasks == []
    (done,) = clinic.done_tasks()
    assert done.closed_because == "the caller booked on the booking page"


def test_a_booking_does_not_settle_other_wishes(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.writes("REFILL").writes("my insurance has changed")
    clinic.books_first(token)
    assert {task.queue for task in clinic.tasks} == {"care-team"}
    assert "insurance" in clinic.task.said
    assert clinic.episode.outcome is Outcome.BOOKED


def test_a_booking_is_no_answer_to_urgent(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.writes("URGENT")
    clinic.books_first(token)
    assert clinic.episode.is_open
    assert (clinic.task.urgent, clinic.task.state) == (True, TaskState.OPEN)
    clinic.finishes(clinic.task, TaskResult.SPOKE)
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED


def test_someone_given_up_who_books_after_all_is_won_back(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.wait(hours=5).run_timers()
    clinic.wait(days=1).finishes(clinic.task, TaskResult.NO_CONTACT)
    given_up = clinic.episode
    clinic.books_first(token)
    assert (given_up.outcome, clinic.episode.outcome) == (Outcome.UNRECOVERED, Outcome.BOOKED)


def test_someone_who_was_reached_stays_reached(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.calls_back(ANNA, talked=30)
    clinic.books_first(token)
    assert clinic.episode.outcome is Outcome.REACHED


def test_an_opt_out_is_kept_even_by_those_who_book(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.writes("STOP").send_due()
    clinic.books_first(token)
    assert clinic.send_due() == []
    assert clinic.episode.outcome is Outcome.BOOKED


def test_moving_to_and_fro_does_not_text_without_end(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    for _ in range(15):
        clinic.books_first(token)
        clinic.cancels(token)
        clinic.send_due()
    assert len([text for text in clinic.on_phones if text.state is TextState.ACCEPTED]) == 12


def test_call_me_instead_is_one_task_however_often(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.holds(token, TUESDAY_NINE)
    clinic.wants_a_call(token)
    clinic.wants_a_call(token)
    assert clinic.task.title == "Call them (asked for it on the booking page)"
    assert clinic.there(token).held is None
    assert clinic.episode.is_open


def test_a_booking_after_all_settles_the_call(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.wants_a_call(token)
    clinic.books_first(token)
    assert clinic.tasks == []


def test_who_has_booked_may_still_want_a_call(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    clinic.books_first(token)
    clinic.wants_a_call(token)
    assert clinic.there(token).booked is not None
    assert clinic.task.caller == ANNA


# ------------------------------------------------------------------ clicks


def test_the_clinics_own_page_is_reached_by_a_counted_link() -> None:
    site = booking_site(timetable=None, booking_url="https://elsewhere.example/new")
    clinic = BookingClinic(rules=booking_rules(site))
    token = clinic.asks_to_book()
    assert f"{PUBLIC}/g/{token}" in clinic.on_phones[-1].body
    assert clinic.clicks(token) == "https://elsewhere.example/new"
    clinic.wait(minutes=1).clicks(token)
    (link,) = clinic.all_links
    assert (link.kind, link.clicks) == (LinkKind.OUTSIDE, 2)
    assert link.clicked_at == clinic.now - timedelta(minutes=1)
    assert clinic.visitor(token) is None
    clinic.wait(days=3)
    assert clinic.clicks(token) is None


def test_a_link_to_our_page_counts_too(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    assert clinic.clicks(token) is None
    assert clinic.all_links[0].clicks == 1
    assert clinic.clicks("A" * 22) is None


# ------------------------------------------------------------------ the state machine


@given(st.sampled_from(BookingState), st.sampled_from(BookingState))
def test_no_state_follows_that_cannot(before: BookingState, after: BookingState) -> None:
    booking: Booking = a_booking(1, state=before)
    if after in NEXT.get(before, ()):
        assert become(booking, after, MONDAY_TEN).state is after
    else:
        with pytest.raises(ValueError, match="cannot become"):
            become(booking, after, MONDAY_TEN)


# ------------------------------------------------------------------ moved by the desk


def moves(clinic: BookingClinic, booked: Booking, to: datetime) -> Booking:
    with clinic.store.transaction() as books:
        return clinic.on_behalf.move(books, booked.id, to, "ana", clinic.now)


def test_the_desk_moves_a_booking_and_the_patient_is_told_with_a_link_that_works(
    clinic: BookingClinic,
) -> None:
    booked = clinic.books_first(clinic.asks_to_book())
    clinic.send_due()
    with clinic.store.reading() as books:
        free = clinic.on_behalf.open_times(books, booked, clinic.now)
    assert booked.starts_at not in [slot.starts_at for slot in free]
    moved = moves(clinic, booked, free[3].starts_at)
    assert [one.state for one in clinic.bookings(clinic.episode)] == [
        BookingState.MOVED,
        BookingState.CONFIRMED,
    ]
    (text,) = clinic.send_due()
    assert text.template == "booking-moved"
    again = clinic.there(clinic.token(text))
    assert again.booked == moved
    assert booked.starts_at in clinic.times(again.token)
    assert clinic.episode.outcome is Outcome.BOOKED
    assert clinic.tasks == []


def test_a_time_that_somebody_else_took_leaves_the_old_one_theirs(clinic: BookingClinic) -> None:
    bens = clinic.books_first(clinic.asks_to_book(BEN))
    annas = clinic.books_first(clinic.asks_to_book(ANNA))
    with pytest.raises(NotNow, match="not open any more"):
        moves(clinic, annas, bens.starts_at)
    with clinic.store.reading() as books:
        assert books.booking(annas.id) == annas


def test_whoever_wants_no_texts_is_told_by_a_person(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    booked = clinic.books_first(token)
    clinic.writes("STOP").send_due()
    moves(clinic, booked, clinic.times(token)[5])
    assert clinic.send_due() == []
    assert any(task.title.startswith("Tell them their new time") for task in clinic.tasks)
    assert clinic.episodes[0].outcome is Outcome.BOOKED


def test_in_shadow_mode_a_person_tells_them_too(clinic: BookingClinic) -> None:
    token = clinic.asks_to_book()
    booked = clinic.books_first(token)
    clinic.send_due()
    clinic.rules.become(booking_rules(booking_site(shadow=True)))
    moves(clinic, booked, clinic.times(token)[5])
    assert any(task.title.startswith("Tell them their new time") for task in clinic.tasks)
