"""What somebody wants to look at: which sites, which weeks; all of it stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from secondring.domain.board import PERIODS, last_whole_week
from secondring.domain.ids import SiteId
from secondring.domain.metrics_rows import Ask, Place
from secondring.domain.rules import Site
from secondring.domain.weeks import Week, last
from secondring.web.screens import Refused, Visit

PAGE = "/dashboard"


@dataclass(frozen=True, slots=True)
class Asked:
    """The sites that are looked at (at least one), and the weeks."""

    sites: tuple[Site, ...]
    chosen: Site | None
    """None for all of theirs."""
    until: Week
    weeks: int
    newest: Week
    """The week that goes on now."""

    @property
    def places(self) -> tuple[Place, ...]:
        looked_at = (self.chosen,) if self.chosen else self.sites
        return tuple(Place.of(site) for site in looked_at)

    @property
    def every_week(self) -> tuple[Week, ...]:
        return last(self.until, self.weeks)

    @property
    def names(self) -> dict[SiteId, str]:
        return {site.id: site.name for site in self.sites}

    def site(self, site: SiteId) -> Site:
        """One of theirs, by its id."""
        return next((one for one in self.sites if one.id == site), self.sites[0])

    def address(self, path: str = "", **changes: object) -> str:
        """A page about the same, but for the changes; None takes something out."""
        same: dict[str, object | None] = {
            "site": self.chosen.id if self.chosen else None,
            "until": str(self.until),
            "weeks": self.weeks,
        }
        wanted: Mapping[str, object | None] = same | changes
        return f"{PAGE}{path}?{urlencode({k: v for k, v in wanted.items() if v is not None})}"

    def rows(self, ask: Ask, **changes: object) -> str:
        """Where the rows of a number are."""
        value = ask.value if ask.by else None
        return self.address("/rows", show=str(ask.show), by=ask.by or None, value=value, **changes)


def asked(visit: Visit) -> Asked:
    """What the address says; where it says nothing, last week at all their sites. Raises Refused."""
    sites = tuple(visit.sites())
    if not sites:
        raise Refused(404, "No site is yours yet. An administrator can change that.")
    query = visit.request.query_params
    newest = Week.at(visit.now, sites[0].hours.zone)
    try:
        until = Week.parse(query["until"]) if query.get("until") else None
        weeks = int(query.get("weeks") or PERIODS[0])
    except ValueError:
        raise Refused(404, "There is no such week. Weeks are written as in 2026-W47.") from None
    if weeks not in PERIODS:
        raise Refused(404, f"Figures are shown for {', '.join(map(str, PERIODS))} weeks.")
    usual = last_whole_week(visit.now, sites[0].hours.zone)
    return Asked(
        sites=sites,
        chosen=visit.chosen_site(),
        until=min(until or usual, newest),
        weeks=weeks,
        newest=newest,
    )
