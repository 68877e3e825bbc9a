"""Weeks of a clinic in books: so many missed callers, so many of them texted, answered, won back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from secondring.domain.ids import SiteId
from secondring.domain.metrics_rows import Place
from secondring.domain.ports import Store
from secondring.domain.records import Intent, Outcome
from secondring.domain.verdict import Verdict
from secondring.domain.weeks import Week
from tests.support.books import EAST, MAIN, a_call, an_episode

NORTH, SOUTH = Place(MAIN, "America/New_York"), Place(EAST, "America/Denver")
NAMES = {MAIN: "Northside Clinic", EAST: "Eastside Clinic"}
WEEK = Week.parse("2026-W10")
"""Monday March 2 to Sunday March 8, 2026; on the Sunday clocks are put forward."""


@dataclass
class Pen:
    """Writes missed callers into a store, each with their call, evenly over Monday to Friday, 8 to 5."""

    store: Store
    place: Place = NORTH
    written: int = 0

    def week(
        self,
        week: Week,
        missed: int,
        *,
        texted: int | None = None,
        replied: int = 0,
        won: int = 0,
        receipts: bool = True,
        **changes: Any,
    ) -> None:
        """The first `replied` of them answered, the first `won` were won back; all were texted unless said."""
        begins = week.span(self.place.zone).begins
        with self.store.transaction() as books:
            for number in range(missed):
                self.written += 1
                at = begins + timedelta(days=number % 5, hours=8 + number % 9, minutes=number % 60)
                texted_at = (
                    at + timedelta(seconds=2.4) if number < (missed if texted is None else texted) else None
                )
                values: dict[str, Any] = {
                    "site": self.place.site,
                    "opened_at": at,
                    "texted_at": texted_at,
                    "delivered_at": texted_at if receipts else None,
                    "replied_at": at + timedelta(minutes=5) if number < replied else None,
                    "intent": Intent.BILLING if number < replied else None,
                    "closed_at": at + timedelta(hours=3),
                    "outcome": Outcome.REACHED if number < won else Outcome.UNRECOVERED,
                    "reason": "no-answer",
                    "template": "first-open" if texted_at else None,
                    "did": "2025550100",
                }
                episode = an_episode(self.written, **values | changes)
                books.save_episode(episode)
                self._call(books, at, episode.reason, episode.id)

    def answered(self, week: Week, number: int, *, weekday: int = 0, hour: int = 8) -> None:
        """Calls that somebody took, in one hour of the week."""
        begins = week.hour(weekday, hour, self.place.zone)[0].begins
        with self.store.transaction() as books:
            for _ in range(number):
                self.written += 1
                self._call(books, begins, None, None, verdict=Verdict.ANSWERED)

    def _call(
        self, books: Any, at: datetime, reason: str | None, episode: Any, verdict: Verdict = Verdict.MISSED
    ) -> None:
        call = a_call(
            self.written, site=SiteId(self.place.site), started_at=at, ended_at=at, verdict=verdict,
            reason=reason, episode=episode,
        )  # fmt: skip
        books.save_call(call)


def after(week: Week) -> datetime:
    """Monday noon (UTC) after a week."""
    return week.plus(1).span("UTC").begins + timedelta(hours=12)
