"""The link that a text carries: made for one episode, and for nobody else."""

from collections.abc import Callable
from datetime import datetime

from secondring.domain.booking import TOKEN_BYTES, Link, LinkKind, new_token, token_hash
from secondring.domain.ports import Books
from secondring.domain.records import Episode
from secondring.domain.rules import Rules, Site

Mint = Callable[[], bytes]
"""16 bytes from the system's source of randomness."""
PATHS = {LinkKind.OWN: "b", LinkKind.OUTSIDE: "g"}
SAMPLE = new_token(b"sample".ljust(TOKEN_BYTES, b"\0"))
"""As long as a real token, and kept nowhere: it opens nothing."""


class Links:
    """Makes links. Without our booking page the clinic's own address goes out as it is."""

    def __init__(self, rules: Rules, mint: Mint | None = None) -> None:
        if rules.booking is not None and mint is None:
            raise ValueError("the booking page is on, and nobody gave us a source of tokens")
        self._rules = rules
        self._mint = mint

    def make(self, books: Books, episode: Episode, site: Site, now: datetime) -> str:
        """A new link for this episode; empty when the site has no page to send anybody to."""
        page = self._rules.booking
        if page is None or self._mint is None or not self._rules.books_online(site):
            return site.booking_url or ""
        token = new_token(self._mint())
        kept = token_hash(token)
        if kept is None:
            raise ValueError("a new token does not read back")
        kind = _kind(site)
        books.save_link(
            Link(
                token=kept,
                episode=episode.id,
                site=site.id,
                kind=kind,
                made_at=now,
                expires_at=now + page.link_valid,
            )
        )
        return address(page.public_url, kind, token)


def _kind(site: Site) -> LinkKind:
    return LinkKind.OUTSIDE if site.timetable is None else LinkKind.OWN


def sample_link(rules: Rules, site: Site) -> str:
    """What the links to this site's page look like; empty when it has no page to send anybody to."""
    page = rules.booking
    if page is None or not rules.books_online(site):
        return site.booking_url or ""
    return address(page.public_url, _kind(site), SAMPLE)


def address(public_url: str, kind: LinkKind, token: str) -> str:
    """The link of a token, as short as can be."""
    return f"{public_url}/{PATHS[kind]}/{token}"
