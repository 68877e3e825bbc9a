"""The figures of a period: every number has rows behind it, told here one by one."""

from dataclasses import replace

from secondring.domain.calls import Direction
from secondring.domain.ports import Figures, Store
from secondring.domain.records import Origin, Outcome, TextState
from secondring.domain.verdict import Verdict
from tests.support.books import (
    DAY,
    EAST,
    MAIN,
    MINUTE,
    NOW,
    SECOND,
    a_call,
    a_text,
    an_episode,
    an_urgent_case,
)

NOTHING = Figures(
    episodes=0,
    open=0,
    outcomes={},
    texted=0,
    replied=0,
    booking_asked=0,
    booked=0,
    urgent=0,
    urgent_reached=0,
    seconds_to_text=(),
    seconds_to_nurse=(),
    calls_missed={},
    calls_answered=0,
    calls_ignored=0,
)


def test_empty_books_count_nothing(store: Store) -> None:
    with store.reading() as books:
        assert books.figures(since=NOW, until=NOW + DAY) == NOTHING
        assert books.figures(since=NOW, until=NOW + DAY, site=MAIN) == NOTHING


def test_a_week_is_counted(store: Store) -> None:
    _keep_a_week(store)
    with store.reading() as books:
        assert books.figures(since=NOW, until=NOW + DAY) == Figures(
            episodes=5,
            open=1,
            outcomes={Outcome.BOOKED: 2, Outcome.UNRECOVERED: 1, Outcome.URGENT_CONNECTED: 1},
            texted=3,
            replied=1,
            booking_asked=2,
            booked=1,
            urgent=4,
            urgent_reached=2,
            seconds_to_text=(0.25, 3.000001, 60.0),
            seconds_to_nurse=(12.0, 90.0),
            seconds_to_accept=(5.0, 12.0),
            calls_missed={"busy": 1, "no-answer": 2, "unknown": 1},
            calls_answered=1,
            calls_ignored=1,
        )


def test_the_figures_of_a_site_are_its_own(store: Store) -> None:
    _keep_a_week(store)
    with store.reading() as books:
        east = books.figures(since=NOW, until=NOW + DAY, site=EAST)
    assert (east.episodes, east.open, east.outcomes) == (1, 0, {Outcome.BOOKED: 1})
    assert (east.texted, east.booking_asked, east.booked, east.seconds_to_text) == (1, 0, 0, (60.0,))
    assert (east.urgent, east.urgent_reached) == (1, 0)
    assert (east.calls_missed, east.calls_answered) == ({"no-answer": 1}, 0)


def test_episodes_of_shadow_mode_are_counted_apart(store: Store) -> None:
    _keep_a_week(store)
    with store.reading() as books:
        before = books.figures(since=NOW, until=NOW + DAY)
    outcomes = (Outcome.WITHHELD, Outcome.REACHED, None, Outcome.UNTEXTABLE, Outcome.REACHED)
    with store.transaction() as books:
        for number, outcome in enumerate(outcomes, 20):
            books.save_episode(an_episode(number, origin=Origin.SHADOW, outcome=outcome))
        for number in (20, 21, 22):
            books.save_text(a_text(number, "first-open", state=TextState.WITHHELD))
        books.save_text(a_text(22, "first-closed", state=TextState.WITHHELD))
        books.save_text(a_text(23, "staff-alert", state=TextState.WITHHELD))
        books.save_text(a_text(24, "first-open", state=TextState.CANCELLED))
    with store.reading() as books:
        assert books.figures(since=NOW, until=NOW + DAY) == replace(
            before, shadow_missed=5, shadow_texts=3, shadow_reached=1
        )
        assert books.figures(since=NOW, until=NOW + DAY, site=EAST).shadow_missed == 0
        assert books.figures(since=NOW + DAY, until=NOW + 2 * DAY).shadow_missed == 0


def _keep_a_week(store: Store) -> None:
    episodes = [
        an_episode(1, texted_at=NOW + 3 * SECOND + SECOND / 1_000_000),
        an_episode(
            2,
            texted_at=NOW + SECOND / 4,
            replied_at=NOW + MINUTE,
            booking_asked_at=NOW + MINUTE,
            closed_at=NOW + DAY,
            outcome=Outcome.BOOKED,
        ),
        # Booked by the front desk, without having asked for the link: no conversion of the link.
        an_episode(3, site=EAST, texted_at=NOW + MINUTE, closed_at=NOW + DAY, outcome=Outcome.BOOKED),
        an_episode(
            4,
            replied_at=NOW + MINUTE,
            booking_asked_at=NOW,
            urgent_at=NOW + MINUTE,
            closed_at=NOW + DAY,
            outcome=Outcome.UNRECOVERED,
        ),
        an_episode(
            5,
            opened_at=NOW + DAY - SECOND,
            replied_at=NOW + DAY,
            urgent_at=NOW + DAY,
            urgent_reached_at=NOW + DAY + 90 * SECOND,
            closed_at=NOW + 2 * DAY,
            outcome=Outcome.URGENT_CONNECTED,
        ),
        an_episode(6, origin=Origin.TEXT, texted_at=NOW + SECOND),
        # Pressed the key, and was put through: never missed, and an urgent caller all the same.
        an_episode(9, origin=Origin.OFFER, urgent_at=NOW, urgent_reached_at=NOW + 12 * SECOND),
        an_episode(10, origin=Origin.TEXT, site=EAST, urgent_at=NOW),
        an_episode(7, opened_at=NOW - SECOND, texted_at=NOW),
        an_episode(8, opened_at=NOW + DAY, texted_at=NOW + 2 * DAY),
    ]
    missed = {"ended_at": NOW, "verdict": Verdict.MISSED}
    calls = [
        a_call(1, **missed, reason="no-answer"),
        a_call(2, **missed, reason="no-answer", site=EAST),
        a_call(3, **missed, reason="busy", started_at=NOW - DAY),
        a_call(4, **missed),
        a_call(5, ended_at=NOW, verdict=Verdict.ANSWERED),
        a_call(6, ended_at=NOW, verdict=Verdict.IGNORED, reason="refused"),
        a_call(7, ended_at=NOW, verdict=Verdict.ANSWERED, direction=Direction.OUTBOUND),
        a_call(8, ended_at=NOW + DAY, verdict=Verdict.ANSWERED),
        a_call(9),
    ]
    with store.transaction() as books:
        for episode in episodes:
            books.save_episode(episode)
        for call in calls:
            books.save_call(call)
        for number, seconds in ((1, 12), (2, 5), (4, None), (8, 3)):
            began = NOW + DAY if number == 8 else NOW
            accepted = None if seconds is None else began + seconds * SECOND
            books.save_urgent_case(an_urgent_case(number, triggered_at=began, accepted_at=accepted))
