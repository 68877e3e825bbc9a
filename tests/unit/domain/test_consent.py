"""Consent: who may be texted, and how often an opt-out is confirmed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.consent import Source, is_news, standing, wants_confirmation
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Consent

ANNA = PhoneNumber("+12025550123")
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
OUT = Consent(number=ANNA, opted_out=True, at=NOON, source=Source.TEXT, words="STOP")
IN = Consent(number=ANNA, opted_out=False, at=NOON, source=Source.TEXT, words="START")


def test_a_number_without_a_word_on_record_may_be_texted() -> None:
    assert standing(None).may_text


def test_an_opt_out_forbids_texts_and_says_when_and_how_it_came() -> None:
    found = standing(OUT)
    assert not found.may_text
    assert found.because == "opted out by text on 2026-03-02"


def test_the_day_of_an_opt_out_is_the_clinics_own() -> None:
    late = replace(OUT, at=datetime(2026, 3, 3, 1, tzinfo=UTC))
    assert standing(late).because == "opted out by text on 2026-03-03"
    assert standing(late, "America/New_York").because == "opted out by text on 2026-03-02"


def test_opting_back_in_allows_texts_again() -> None:
    assert standing(IN).may_text
    assert standing(IN).because == "opted back in by text on 2026-03-02"


def test_the_words_are_kept_whole_and_shown_nowhere() -> None:
    assert OUT.words == "STOP"
    assert "STOP" not in repr(OUT)
    assert ANNA.e164 not in repr(OUT) + standing(OUT).because


@pytest.mark.parametrize(
    ("previous", "carrier_confirms", "expected"),
    [
        (None, False, True),
        (IN, False, True),
        (OUT, False, False),
        (None, True, False),
        (OUT, True, False),
    ],
)
def test_an_opt_out_is_confirmed_once_and_by_one_of_us(
    previous: Consent | None, carrier_confirms: bool, expected: bool
) -> None:
    assert wants_confirmation(previous, carrier_confirms=carrier_confirms) is expected


@given(st.lists(st.booleans(), max_size=20))
def test_however_often_somebody_asks_each_change_of_mind_is_confirmed_once(wishes: list[bool]) -> None:
    newest: Consent | None = None
    confirmations = 0
    for minute, stop in enumerate(wishes):
        at = NOON + timedelta(minutes=minute)
        confirmations += stop and wants_confirmation(newest, carrier_confirms=False)
        newest = Consent(number=ANNA, opted_out=stop, at=at, source=Source.TEXT)
    changes = sum(now and not before for before, now in zip([False, *wishes], wishes, strict=False))
    assert confirmations == changes
    assert standing(newest).may_text is not bool(wishes and wishes[-1])


@given(st.sampled_from([None, OUT, IN]))
def test_one_of_the_two_wishes_is_always_news(previous: Consent | None) -> None:
    assert is_news(previous, opting_out=True) is not is_news(previous, opting_out=False)
