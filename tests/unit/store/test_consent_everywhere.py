"""A wish about texts holds for the number: at every site, through every carrier, on every kind of store, at once."""

from datetime import timedelta

import pytest

from secondring.domain import optouts
from secondring.domain.consent import Source
from secondring.domain.errors import NotNow
from secondring.domain.ids import JobKey, SiteId, Uniqueid
from secondring.domain.offer import InCall, Offers
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Store
from secondring.domain.proof import OPTED_IN, OPTED_OUT, RECEIVED, SENT, Event, proof
from secondring.domain.records import Outcome, TextState
from secondring.domain.texting import Cancel
from tests.support.clinic import ANNA, BEN, Clinic, PlainWording, a_site, some_rules

SOUTH_LINE = PhoneNumber("+12025550180")
NORTH, SOUTH = (
    a_site(),
    a_site(
        id=SiteId("south"), name="Southside Clinic", phone=SOUTH_LINE, sender=SOUTH_LINE, dids=(SOUTH_LINE,)
    ),
)


@pytest.fixture
def clinic(store: Store) -> Clinic:
    rules = some_rules()
    rules.sites = (NORTH, SOUTH)
    rules.announcement = "2026-03"
    return Clinic(rules=rules, store=store)


def missed_at_both(clinic: Clinic) -> Clinic:
    clinic.misses(did="2025550100")
    clinic.misses(did="2025550180")
    return clinic


def events(clinic: Clinic, number: PhoneNumber = ANNA) -> list[Event]:
    with clinic.store.reading() as books:
        return proof(books, number)


def test_stop_to_one_site_calls_back_what_waits_at_the_other(clinic: Clinic) -> None:
    missed_at_both(clinic).writes("STOP", to=SOUTH_LINE)
    clinic.wait(minutes=1).send_due()
    assert clinic.templates == ["opt-out"]
    firsts = [text for text in clinic.texts if text.template.startswith("first")]
    assert [text.state for text in firsts] == [TextState.CANCELLED, TextState.CANCELLED]
    assert {episode.outcome for episode in clinic.episodes} == {Outcome.OPTED_OUT}
    with clinic.store.reading() as books:
        assert [books.job(JobKey(f"send-text:{text.id}")) for text in firsts] == [None, None]
    clinic.wait(days=2)
    assert clinic.rules_that_decided(clinic.misses(did="2025550180")) == ["opted-out"]


def test_the_stop_of_one_is_not_the_stop_of_another(clinic: Clinic) -> None:
    clinic.misses()
    clinic.misses(BEN)
    clinic.writes("STOP", sender=BEN)
    clinic.wait(minutes=1).send_due()
    assert sorted((text.patient, text.template) for text in clinic.on_phones) == sorted(
        [(ANNA, "first-open"), (BEN, "opt-out")]
    )


def test_start_to_any_site_counts_for_all_of_them(clinic: Clinic) -> None:
    missed_at_both(clinic).writes("STOP")
    clinic.wait(minutes=1).send_due()
    clinic.writes("START", to=SOUTH_LINE)
    clinic.wait(days=2)
    assert clinic.rules_that_decided(clinic.misses()) == ["text-back"]


def test_a_text_that_was_claimed_before_the_wish_came_is_stopped_by_the_last_check(clinic: Clinic) -> None:
    """The process dies between the commit that queued it and the request; the wish comes meanwhile."""
    clinic.misses()
    with clinic.store.transaction() as books:
        clinic.now += timedelta(seconds=2)
        (job,) = books.claim_jobs(["send-text"], now=clinic.now, lease=timedelta(seconds=30), limit=1)
        text = books.texts_of(clinic.episodes[0].id)[0]
    clinic.wait(seconds=1).writes("no more texts please")
    with clinic.store.transaction() as books:
        assert clinic.desk.before_send(books, text, clinic.now) == Cancel("opted out")
        assert books.job(job.key) is None, "called back together with its job"
    clinic.wait(minutes=6).send_due()
    assert clinic.templates == [], "and a confirmation that would come too late does not go"


def test_a_block_at_the_carrier_is_kept_once_and_calls_back_the_rest(clinic: Clinic) -> None:
    missed_at_both(clinic)
    with clinic.store.transaction() as books:
        first = optouts.opt_out(books, ANNA, Source.CARRIER, clinic.now, words="21610", by="main")
        again = optouts.opt_out(books, ANNA, Source.CARRIER, clinic.now, words="21610", by="main")
    assert (first, again) == (True, False)
    assert clinic.wait(minutes=1).send_due() == []
    assert [event.by for event in events(clinic) if event.event == OPTED_OUT] == ["main"]


def test_staff_cannot_lift_what_the_carrier_blocks_and_the_patient_can(clinic: Clinic) -> None:
    clinic.misses()
    with clinic.store.transaction() as books:
        optouts.opt_out(books, ANNA, Source.CARRIER, clinic.now)
        with pytest.raises(NotNow, match="they text START"):
            optouts.told_to_staff(books, ANNA, "ana", "text me", clinic.now, wants_texts=True)
    clinic.wait(seconds=5).writes("START")
    entry = clinic.consent()
    assert entry is not None
    assert not entry.opted_out


def test_help_is_answered_to_those_who_opted_out_too(clinic: Clinic) -> None:
    clinic.misses()
    clinic.writes("STOP").send_due()
    clinic.wait(minutes=1).writes("HELP").send_due()
    assert clinic.templates == ["opt-out", "help"]
    clinic.wait(minutes=1).writes("BOOK").send_due()
    assert clinic.templates == ["opt-out", "help"]


def test_help_asked_before_the_opt_out_is_called_back(clinic: Clinic) -> None:
    clinic.misses()
    clinic.writes("HELP").wait(seconds=1).writes("STOP").send_due()
    assert clinic.templates == ["opt-out"]


@pytest.mark.parametrize(("minutes", "sent"), [(4, ["opt-out"]), (6, [])])
def test_a_confirmation_goes_within_five_minutes_or_not_at_all(
    clinic: Clinic, minutes: int, sent: list[str]
) -> None:
    clinic.misses()
    clinic.writes("STOP").wait(minutes=minutes).send_due()
    assert clinic.templates == sent


def test_who_takes_it_back_before_the_confirmation_went_gets_none(clinic: Clinic) -> None:
    clinic.misses()
    clinic.writes("STOP").wait(seconds=1).writes("START").send_due()
    assert clinic.templates == ["start"]


def test_cancel_opts_out_and_is_read_by_a_person(clinic: Clinic) -> None:
    clinic.misses()
    clinic.writes("Cancel").send_due()
    assert clinic.templates == ["opt-out"]
    assert (clinic.task.queue, clinic.task.said) == ("front-desk", "Cancel")
    assert clinic.episode.is_open


def test_the_proof_tells_all_of_it_in_order(clinic: Clinic) -> None:
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.wait(minutes=1).writes("please dont text me again").send_due()
    clinic.wait(minutes=1).writes("START").send_due()
    with clinic.store.transaction() as books:
        clinic.wait(minutes=1)
        optouts.told_to_staff(books, ANNA, "ana", "on the phone: no texts", clinic.now, wants_texts=False)
    found = events(clinic)
    assert [event.event for event in found if event.event in (OPTED_OUT, OPTED_IN)] == [
        OPTED_OUT,
        OPTED_IN,
        OPTED_OUT,
    ]
    first, wish, taken_back, told = (
        next(event for event in found if event.event == SENT),
        next(event for event in found if event.event == OPTED_OUT),
        next(event for event in found if event.event == OPTED_IN),
        found[-1],
    )
    assert first.basis == "their own call, on which announcement 2026-03 was in force"
    assert (wish.channel, wish.words) == ("text message", "please dont text me again")
    confirmation = next(event for event in found if event.by == "opt-out")
    assert (wish.confirmed_by, wish.confirmation) == (confirmation.text, "accepted")
    assert wish.text in {event.text for event in found if event.event == RECEIVED}
    assert taken_back.words == "START"
    assert (told.channel, told.by, told.confirmation) == ("spoken to staff", "ana", "none from us")
    assert events(clinic, BEN) == []


def test_a_key_is_kept_with_the_version_that_was_heard_not_the_one_configured_since(clinic: Clinic) -> None:
    began = clinic.rings()
    heard = InCall(
        uniqueid=Uniqueid(began.call.uniqueid), caller=ANNA.e164, did="2025550100", announcement="2025-12"
    )
    with clinic.store.transaction() as books:
        Offers(clinic.rules, PlainWording(), "2026-03").decline(books, began.call, heard, clinic.now)
    (event,) = events(clinic)
    assert (event.channel, event.words, event.announcement) == (
        "key pressed during a call",
        "pressed 9",
        "2025-12",
    )


def test_without_an_announcement_the_proof_says_so(store: Store) -> None:
    clinic = Clinic(store=store)
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    assert events(clinic)[0].basis == "their own call; no announcement on record"
