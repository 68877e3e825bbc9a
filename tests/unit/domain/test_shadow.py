"""Shadow mode: decided as ever, kept apart, and nothing to send; then live, without a storm of old texts."""

from dataclasses import replace
from datetime import timedelta

from secondring.domain.deskwork import Result
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.metrics import Report, report
from secondring.domain.offer import InCall, Offers, Promise
from secondring.domain.records import Job, Origin, Outcome, TaskState, TextState
from secondring.domain.rules import FollowUp, Guards, Rules
from secondring.domain.shadow import withhold_waiting
from secondring.domain.story import of_episode
from secondring.domain.triage_events import Accepted, Joined, Ring
from tests.support.clinic import ANNA, BEN, NURSE, Clinic, PlainWording, a_site, some_rules
from tests.unit.domain.test_urgent import LADDER, UrgentClinic

SITE = a_site(shadow=True, alert_numbers=(NURSE,), triage=LADDER)
TOLL_FREE = "+18005550199"


def in_shadow(**changes: object) -> UrgentClinic:
    return UrgentClinic(some_rules(SITE, **changes))


def live(before: Clinic) -> UrgentClinic:
    """The same books, served by the next start of the service."""
    rules = replace(before.rules, sites=(replace(before.rules.sites[0], shadow=False),))
    return UrgentClinic(rules, now=before.now, store=before.store, _counter=before._counter)


def figures(clinic: Clinic) -> Report:
    with clinic.store.reading() as books:
        far = timedelta(days=30)
        return report(books.figures(since=clinic.now - far, until=clinic.now + far))


def states(clinic: Clinic) -> list[tuple[str, TextState]]:
    return [(text.template, text.state) for text in clinic.texts if text.outgoing]


def waiting_jobs(clinic: Clinic) -> list[Job]:
    with clinic.store.transaction() as books:
        return books.claim_jobs(
            [SEND_TEXT], now=clinic.now + timedelta(days=400), lease=timedelta(1), limit=9
        )


# ---------------------------------------------------------------- decided as ever, and nothing goes


def test_a_missed_call_is_decided_and_explained_as_ever_and_its_text_is_kept_and_withheld() -> None:
    clinic, same_but_live = in_shadow(), UrgentClinic(some_rules(replace(SITE, shadow=False)))
    shadowed, texted = clinic.misses(), same_but_live.misses()
    assert clinic.rules_that_decided(shadowed) == same_but_live.rules_that_decided(texted) == ["text-back"]
    (kept,), (sent,) = clinic.texts, same_but_live.texts
    assert kept == replace(sent, state=TextState.WITHHELD)
    assert waiting_jobs(clinic) == []
    assert clinic.wait(minutes=5).send_due() == []
    assert clinic.episode.origin is Origin.SHADOW
    with clinic.store.reading() as books:
        told = [line.words for line in of_episode(books, clinic.episode, clinic.rules)]
    assert any("Decision text by rule text-back: it rang and nobody answered" in words for words in told)
    assert "Text 'first-open' would have gone now, and was withheld: shadow mode." in told


def test_who_is_answered_within_the_settle_time_would_have_got_no_text() -> None:
    clinic = in_shadow()
    clinic.misses()
    began = clinic.wait(seconds=1).rings()
    clinic.wait(seconds=9).is_answered(began).wait(seconds=30).ends(began, answered_at=clinic.now)
    assert states(clinic) == [("first-open", TextState.CANCELLED)]
    assert clinic.episode.outcome is Outcome.REACHED
    assert figures(clinic).shadow.would_have_been_texted == 0


def test_who_is_answered_later_would_have_got_it_and_was_reached_all_the_same() -> None:
    clinic = in_shadow()
    clinic.misses()
    began = clinic.wait(minutes=5).rings()
    clinic.wait(seconds=9).is_answered(began).ends(began, answered_at=clinic.now)
    assert states(clinic) == [("first-open", TextState.WITHHELD)]
    counted = figures(clinic).shadow
    assert (counted.missed, counted.would_have_been_texted, counted.reached_all_the_same) == (1, 1, 1)


def test_the_caps_hold_as_they_would() -> None:
    clinic = in_shadow(guards=Guards(per_site_per_minute=1))
    clinic.misses()
    assert clinic.rules_that_decided(clinic.misses(BEN)) == ["storm-brake-site"]


def test_a_reminder_is_never_due() -> None:
    clinic = in_shadow(follow_up=FollowUp(reminder_after=timedelta(hours=1)))
    clinic.misses()
    clinic.wait(hours=4).run_timers()
    assert states(clinic) == [("first-open", TextState.WITHHELD)]


# ---------------------------------------------------------------- counted apart


def test_an_episode_that_was_not_texted_is_not_one_that_was_lost() -> None:
    clinic = in_shadow()
    clinic.misses()
    clinic.misses(TOLL_FREE)
    clinic.wait(hours=25).run_timers()
    ended = {e.caller.e164 if e.caller else "": e.outcome for e in clinic.episodes}
    assert ended == {ANNA.e164: Outcome.WITHHELD, TOLL_FREE: Outcome.UNTEXTABLE}
    made = figures(clinic)
    assert (made.recovery.denominator, made.unrecovered.denominator, made.still_open) == (0, 0, 0)
    assert not any(made.outcomes.values())
    assert (made.shadow.missed, made.shadow.would_have_been_texted) == (2, 1)
    assert made.calls_missed == {"no-answer": 2}


def test_tasks_that_nobody_touched_end_with_the_window_and_others_stay() -> None:
    clinic = in_shadow()
    clinic.misses(TOLL_FREE)
    clinic.misses("+18005550198")
    taken, other = clinic.tasks
    with clinic.store.transaction() as books:
        clinic.deskwork.take(books, taken.id, "ana", clinic.now)
    clinic.presses(BEN).wait(hours=25).run_timers()
    left = {task.id: task for task in clinic.tasks}
    assert taken.id in left
    assert other.id not in left
    assert any(task.urgent and task.state is TaskState.OPEN for task in left.values())
    clinic.finishes(taken, Result.NO_CONTACT)
    assert {e.outcome for e in clinic.episodes if not e.is_open} == {Outcome.UNTEXTABLE}


def test_what_somebody_wrote_to_us_is_never_closed_unread() -> None:
    clinic = in_shadow()
    clinic.misses()
    clinic.writes("did I leave my umbrella with you?")
    clinic.wait(hours=25).run_timers()
    assert clinic.task.said == "did I leave my umbrella with you?"
    assert clinic.episode.is_open


# ---------------------------------------------------------------- a caller on the line never pays


def test_the_offer_is_not_made_and_a_key_pressed_all_the_same_promises_nothing() -> None:
    clinic = in_shadow()
    offers = Offers(clinic.rules, PlainWording(), "1")
    began = clinic.rings()
    call = InCall(uniqueid=began.call.uniqueid, caller=began.caller, did=began.did)
    assert not offers.welcome(call, clinic.now).is_offered
    with clinic.store.transaction() as books:
        assert offers.text_link(books, began.call, call, clinic.now) is Promise.NO
        assert offers.text_link(books, began.call, call, clinic.now, typed=BEN.e164) is Promise.NO
    ended = clinic.wait(seconds=5).ends(began)
    assert clinic.rules_that_decided(ended) == ["shadow", "shadow", "text-back"]


def test_an_opt_out_by_key_is_kept() -> None:
    clinic = in_shadow()
    offers = Offers(clinic.rules, PlainWording(), "1")
    began = clinic.rings()
    call = InCall(uniqueid=began.call.uniqueid, caller=began.caller, did=began.did)
    with clinic.store.transaction() as books:
        offers.decline(books, began.call, call, clinic.now)
    consent = clinic.consent()
    assert consent
    assert consent.opted_out


def test_the_key_for_urgent_works_in_full_and_texts_nobody() -> None:
    clinic = in_shadow()
    clinic.presses()
    (ring,) = clinic.orders
    assert isinstance(ring, Ring)
    clinic.hears(Accepted(ring.attempt.id), Joined(ring.attempt.id))
    assert clinic.episode.outcome is Outcome.URGENT_CONNECTED
    assert waiting_jobs(clinic) == []


def test_an_urgent_caller_who_gave_up_is_counted_apart_too() -> None:
    clinic = in_shadow()
    began = clinic.rings()
    clinic.wait(seconds=5)
    with clinic.store.transaction() as books:
        call = books.call(began.call)
        assert call
    clinic.presses()
    with clinic.store.transaction() as books:
        books.save_call(replace(call, episode=clinic.episode.id))
    clinic.ends(began)
    assert clinic.episode.origin is Origin.SHADOW
    assert clinic.case.is_open


def test_an_urgent_text_rings_nobody_and_a_person_is_asked() -> None:
    clinic = in_shadow()
    clinic.misses()
    clinic.writes("URGENT").runs_ladder()
    assert clinic.orders == []
    assert clinic.task.urgent
    assert [alarm.kind for alarm in clinic.alarms] == ["urgent"]
    assert {state for _, state in states(clinic)} == {TextState.WITHHELD}
    assert "staff-alert" in dict(states(clinic))
    assert waiting_jobs(clinic) == []


def test_stop_is_kept_though_nothing_confirms_it() -> None:
    clinic = in_shadow()
    clinic.misses()
    clinic.writes("STOP")
    consent = clinic.consent()
    assert consent
    assert consent.opted_out
    assert waiting_jobs(clinic) == []


# ---------------------------------------------------------------- going live, and back


def test_after_going_live_the_old_text_stays_and_the_next_missed_call_is_texted() -> None:
    before = in_shadow()
    before.misses()
    after = live(before.wait(minutes=1))
    assert after.send_due() == []
    after.misses()
    assert [text.template for text in after.wait(seconds=2).send_due()] == ["first-open"]
    old, new = after.episodes
    assert (old.origin, new.origin, old.texted_at) == (Origin.SHADOW, Origin.CALL, None)
    assert [state for _, state in states(after)] == [TextState.WITHHELD, TextState.ACCEPTED]
    after.wait(hours=25).run_timers()
    made = figures(after)
    assert (made.recovery.denominator, made.unrecovered.numerator) == (1, 1)
    assert made.shadow.would_have_been_texted == 1


def test_a_text_withheld_at_the_very_moment_of_the_switch_never_goes() -> None:
    before = in_shadow()
    before.misses()
    after = live(before)  # within the settle time
    assert after.wait(minutes=1).send_due() == []


def test_texts_that_were_withheld_use_up_nobodys_share() -> None:
    before = in_shadow(guards=Guards(per_number_per_day=1))
    before.misses()
    after = live(before.wait(hours=1))
    assert after.rules_that_decided(after.misses()) == ["text-back"]
    assert after.rules_that_decided(after.misses()) == ["one-text-per-window"]


def test_what_waits_when_shadow_mode_begins_never_goes_and_a_person_calls_instead() -> None:
    rules: Rules = some_rules(SITE)
    before = live(in_shadow())
    before.misses()
    after = UrgentClinic(rules, now=before.now, store=before.store)
    with after.store.transaction() as books:
        assert withhold_waiting(books, rules, after.now) == 1
        assert withhold_waiting(books, rules, after.now) == 0
    assert states(after) == [("first-open", TextState.WITHHELD)]
    assert "shadow mode was switched on" in after.task.title
    assert live(after).wait(minutes=1).send_due() == []


def test_a_text_in_doubt_is_left_to_the_carrier_that_may_have_it() -> None:
    rules = some_rules(SITE)
    clinic = live(in_shadow())
    clinic.misses()
    with clinic.store.transaction() as books:
        (job,) = books.claim_jobs(
            [SEND_TEXT], now=clinic.wait(seconds=3).now, lease=timedelta(minutes=1), limit=1
        )
        (text,) = clinic.texts
        books.save_text(replace(text, state=TextState.SENDING, attempts=1))
    with clinic.store.transaction() as books:
        assert withhold_waiting(books, rules, clinic.now) == 0
        kept = books.job(job.key)
    assert states(clinic) == [("first-open", TextState.SENDING)]
    assert kept
    assert kept.leased_until is None
