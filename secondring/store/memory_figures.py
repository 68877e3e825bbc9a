"""The figures counted row by row: says in plain Python what the SQL has to say too."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from secondring.domain.calls import Direction
from secondring.domain.episodes import FIRST
from secondring.domain.ids import EpisodeId
from secondring.domain.ports import Figures
from secondring.domain.records import RECOVERED, Call, Episode, Origin, Outcome, Text, TextState
from secondring.domain.tally import URGENT_ORIGINS
from secondring.domain.urgent_case import UrgentCase
from secondring.domain.verdict import Verdict
from secondring.store.agreed import UNKNOWN_REASON


def is_withheld(text: Text) -> bool:
    """A first text that would have gone to a caller."""
    return text.outgoing and text.state is TextState.WITHHELD and text.template.startswith(FIRST)


def count(
    opened: Sequence[Episode],
    ended: Iterable[Call],
    triggered: Iterable[UrgentCase],
    *,
    withheld: Collection[EpisodeId],
) -> Figures:
    """The figures of a period, from the episodes opened, the calls ended and the urgent cases begun in it.

    `withheld` are the episodes whose first text shadow mode withheld.
    """
    episodes = [episode for episode in opened if episode.origin is Origin.CALL]
    shadows = [episode for episode in opened if episode.origin is Origin.SHADOW]
    untexted = [episode for episode in shadows if episode.id in withheld]
    calls = [call for call in ended if call.direction is Direction.INBOUND]
    asked = [episode for episode in episodes if episode.booking_asked_at]
    urgent = [episode for episode in opened if episode.urgent_at and episode.origin in URGENT_ORIGINS]
    verdicts = Counter(call.verdict for call in calls)
    return Figures(
        episodes=len(episodes),
        open=sum(episode.is_open for episode in episodes),
        outcomes=dict(Counter(episode.outcome for episode in episodes if episode.outcome)),
        texted=sum(episode.texted_at is not None for episode in episodes),
        replied=sum(bool(episode.texted_at and episode.replied_at) for episode in episodes),
        booking_asked=len(asked),
        booked=sum(episode.outcome is Outcome.BOOKED for episode in asked),
        urgent=len(urgent),
        urgent_reached=sum(episode.urgent_reached_at is not None for episode in urgent),
        seconds_to_text=_waits((episode.opened_at, episode.texted_at) for episode in episodes),
        seconds_to_nurse=_waits((episode.urgent_at, episode.urgent_reached_at) for episode in urgent),
        seconds_to_accept=_waits((case.triggered_at, case.accepted_at) for case in triggered),
        calls_missed=dict(
            Counter(call.reason or UNKNOWN_REASON for call in calls if call.verdict is Verdict.MISSED)
        ),
        calls_answered=verdicts[Verdict.ANSWERED],
        calls_ignored=verdicts[Verdict.IGNORED],
        shadow_missed=len(shadows),
        shadow_texts=len(untexted),
        shadow_reached=sum(episode.outcome in RECOVERED for episode in untexted),
    )


def _waits(times: Iterable[tuple[datetime | None, datetime | None]]) -> tuple[float, ...]:
    return tuple(sorted((end - start).total_seconds() for start, end in times if start and end))
