"""Pressing 1 and 9 in the call, and how that call is told afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from secondring.domain.call_events import CallBegan
from secondring.domain.consent import Source
from secondring.domain.ids import Uniqueid
from secondring.domain.offer import InCall, Offers, Promise
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Consent, Origin, Outcome
from secondring.domain.rules import Guards
from tests.support.clinic import ANNA, BEN, CLINIC, Clinic, PlainWording, a_site, some_rules

TOLL_FREE = "+18005550199"
NO_PAGE = a_site(booking_url=None)


def shown(began: CallBegan, **changes: object) -> InCall:
    call = InCall(uniqueid=began.call.uniqueid, caller=began.caller, did=began.did)
    return replace(call, **changes)  # type: ignore[arg-type]


def offers(clinic: Clinic) -> Offers:
    return Offers(clinic.rules, PlainWording(), "2026-03")


def press_1(
    clinic: Clinic, began: CallBegan, typed: str = "", *, opt_in: bool = False, **changes: object
) -> Promise:
    with clinic.store.transaction() as books:
        call = shown(began, **changes)
        return offers(clinic).text_link(books, began.call, call, clinic.now, typed=typed, opt_in=opt_in)


def press_9(clinic: Clinic, began: CallBegan, **changes: object) -> None:
    with clinic.store.transaction() as books:
        offers(clinic).decline(books, began.call, shown(began, **changes), clinic.now)


def opts_out(clinic: Clinic, number: PhoneNumber = ANNA, source: Source = Source.TEXT) -> None:
    with clinic.store.transaction() as books:
        books.add_consent(Consent(number=number, opted_out=True, at=clinic.now, source=source))


# the text goes while they are on the line


def test_a_text_asked_for_goes_at_once_and_there_is_no_second_one_at_the_hang_up() -> None:
    clinic = Clinic()
    began = clinic.rings()
    assert press_1(clinic, began) is Promise.SENT
    clinic.send_due()
    assert clinic.templates == ["asked-link"]
    ended = clinic.wait(seconds=5).ends(began)
    clinic.wait(minutes=5).send_due()
    assert clinic.templates == ["asked-link"]
    assert (clinic.episode.calls, clinic.episode.origin) == (1, Origin.CALL)
    assert clinic.rules_that_decided(ended) == ["key-1", "asked-in-the-call"]
    assert clinic.tasks == []


def test_without_a_booking_page_they_are_asked_what_they_need() -> None:
    clinic = Clinic(some_rules(NO_PAGE))
    assert press_1(clinic, clinic.rings()) is Promise.SENT
    clinic.send_due()
    assert clinic.templates == ["asked"]
    assert clinic.episode.booking_asked_at is None


def test_a_link_that_leads_to_nothing_becomes_a_task() -> None:
    clinic = Clinic()
    began = clinic.rings()
    press_1(clinic, began)
    clinic.send_due()
    clinic.ends(began)
    clinic.wait(hours=3).run_timers()
    assert "no booking" in clinic.task.title


def test_who_stays_on_the_line_and_is_answered_was_reached_and_is_no_missed_call() -> None:
    clinic = Clinic()
    began = clinic.rings()
    press_1(clinic, began)
    clinic.send_due()
    clinic.wait(seconds=30).is_answered(began)
    clinic.wait(seconds=60).ends(began, answered_at=clinic.now)
    assert (clinic.episode.outcome, clinic.episode.origin) == (Outcome.REACHED, Origin.OFFER)
    assert clinic.tasks == []


def test_pressing_1_twice_in_a_call_is_one_text() -> None:
    clinic = Clinic()
    began = clinic.rings()
    assert [press_1(clinic, began), press_1(clinic, began)] == [Promise.SENT, Promise.ALREADY]
    assert press_1(clinic, began, BEN.e164) is Promise.ALREADY
    assert len(clinic.texts) == 1


def test_a_text_that_failed_may_be_asked_for_again() -> None:
    clinic = Clinic()
    began = clinic.rings()
    press_1(clinic, began)
    clinic.fails()
    assert press_1(clinic, began) is Promise.SENT
    assert "did not reach them" in clinic.task.title


def test_it_takes_the_place_of_the_text_after_the_call_before() -> None:
    clinic = Clinic()
    first = clinic.misses()
    began = clinic.wait(seconds=1).rings()
    assert press_1(clinic, began) is Promise.SENT
    clinic.send_due()
    clinic.wait(seconds=20).ends(began)
    clinic.wait(minutes=20).send_due()
    assert clinic.templates == ["asked-link"]
    assert clinic.episode.calls == 2
    assert clinic.call(first).episode == clinic.episode.id


def test_the_listener_may_hear_of_the_call_later_than_we() -> None:
    clinic = Clinic()
    later = clinic.rings(BEN)
    began = replace(later, call=replace(later.call, uniqueid=Uniqueid("9.9")), caller=ANNA.e164)
    assert press_1(clinic, began) is Promise.SENT
    clinic._tell(began)
    clinic.ends(began)
    assert clinic.episode.calls == 1


# which number


@pytest.mark.parametrize(
    ("caller", "withheld"), [(ANNA.e164, True), (TOLL_FREE, False), ("", False), ("1001", False)]
)
def test_who_cannot_be_texted_is_asked_for_a_mobile(caller: str, withheld: bool) -> None:
    clinic = Clinic()
    began = clinic.rings(caller)
    assert press_1(clinic, began, withheld=withheld) is Promise.ASK
    assert press_1(clinic, began, "2025550124", withheld=withheld) is Promise.SENT
    clinic.send_due()
    assert [text.patient for text in clinic.on_phones] == [BEN]


def test_a_typed_number_closes_with_the_call_it_was_typed_in() -> None:
    clinic = Clinic()
    began = clinic.rings("anonymous")
    press_1(clinic, began, "2025550124", withheld=True)
    clinic.wait(seconds=20).is_answered(began)
    assert clinic.episode.outcome is Outcome.REACHED


def test_a_typed_number_is_looked_at_first() -> None:
    clinic = Clinic()
    call = shown(clinic.rings("anonymous"))
    usable = {
        number: offers(clinic).can_be_texted(call, number) for number in ("2025550124", "202", TOLL_FREE, "")
    }
    assert usable == {"2025550124": True, "202": False, TOLL_FREE: False, "": False}


def test_a_typed_number_that_is_none_gets_no_text() -> None:
    clinic = Clinic()
    assert press_1(clinic, clinic.rings("anonymous"), "12", withheld=True) is Promise.NO


# who gets none


def test_an_opt_out_is_taken_back_by_a_second_key_only() -> None:
    clinic = Clinic()
    opts_out(clinic)
    began = clinic.rings()
    assert press_1(clinic, began) is Promise.OPTED_OUT
    assert press_1(clinic, began, opt_in=True) is Promise.SENT
    clinic.send_due()
    entry = clinic.consent()
    assert clinic.templates == ["asked-link"]
    assert entry
    assert (entry.opted_out, entry.source, entry.announcement) == (False, "ivr", "2026-03")


def test_nobody_takes_back_the_opt_out_of_another_number() -> None:
    clinic = Clinic()
    opts_out(clinic, BEN)
    assert press_1(clinic, clinic.rings(), BEN.e164, opt_in=True) is Promise.NO
    assert clinic.texts == []


def test_what_the_carrier_blocks_only_the_carrier_unblocks() -> None:
    clinic = Clinic()
    opts_out(clinic, source=Source.CARRIER)
    assert press_1(clinic, clinic.rings(), opt_in=True) is Promise.NO


@pytest.mark.parametrize(
    "guards",
    [Guards(blocked=frozenset({ANNA})), Guards(own=frozenset({ANNA})), Guards(per_number_per_day=1)],
)
def test_what_holds_back_other_texts_holds_back_these(guards: Guards) -> None:
    clinic = Clinic(some_rules(guards=guards))
    clinic.misses()
    clinic.wait(seconds=3).send_due()
    if not clinic.on_phones and guards.per_number_per_day == 1:
        pytest.fail("the cap is not reached")
    assert press_1(clinic, clinic.rings()) is Promise.NO


def test_a_storm_of_asking_raises_the_alarm() -> None:
    clinic = Clinic(some_rules(guards=Guards(all_per_minute=1)))
    assert press_1(clinic, clinic.rings()) is Promise.SENT
    assert press_1(clinic, clinic.rings(BEN)) is Promise.NO
    assert [alarm.kind for alarm in clinic.alarms] == ["storm-brake"]


# key 9


def test_who_declines_is_not_texted_and_gets_a_person() -> None:
    clinic = Clinic()
    began = clinic.rings()
    press_9(clinic, began)
    ended = clinic.ends(began)
    clinic.wait(minutes=1).send_due()
    entry = clinic.consent()
    assert entry
    assert (entry.opted_out, entry.source, entry.announcement) == (True, "ivr", "2026-03")
    assert clinic.on_phones == []
    assert clinic.rules_that_decided(ended) == ["key-9", "opted-out"]
    assert clinic.task.queue == "front-desk"


def test_declining_ends_what_was_going_on() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=3).send_due()
    press_9(clinic, clinic.rings())
    assert clinic.episode.outcome is Outcome.OPTED_OUT


def test_without_a_number_there_is_nothing_to_keep() -> None:
    clinic = Clinic()
    press_9(clinic, clinic.rings("anonymous"), withheld=True)
    assert clinic.consent() is None


# how they are greeted


def test_the_greeting_follows_the_clock_and_the_language() -> None:
    clinic = Clinic(some_rules(a_site(language="es")))
    call = shown(clinic.rings(), language="en")
    welcome = offers(clinic).welcome(call, clinic.now)
    assert (welcome.site, welcome.language, welcome.is_open) == ("north", "es", True)
    assert not offers(clinic).welcome(call, clinic.now + timedelta(hours=9)).is_open
    english = Clinic()
    assert offers(english).welcome(shown(english.rings(), language="es_MX"), clinic.now).language == "es"
    assert offers(english).welcome(shown(english.rings(), language="de"), clinic.now).language == "en"


def test_a_spanish_call_gets_a_spanish_text() -> None:
    clinic = Clinic()
    press_1(clinic, clinic.rings(), language="es")
    assert "/es " in clinic.texts[0].body
    assert clinic.texts[0].ours == CLINIC
