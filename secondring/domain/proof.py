"""Everything that was ever said and sent about texts to one number: what a patient, a carrier or a court may ask for.

In one order of time: each wish with its words, who took it down and which text confirmed it; each text either way;
and for each first text the consent that it rests on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from secondring.domain import episodes
from secondring.domain.consent import Source
from secondring.domain.ids import EpisodeId, SiteId, TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Consent, Episode, Text, TextState

CHANNELS = {
    Source.TEXT: "text message",
    Source.STAFF: "spoken to staff",
    Source.IVR: "key pressed during a call",
    Source.CARRIER: "block at the carrier",
}
OPTED_OUT, OPTED_IN, SENT, RECEIVED = "opted-out", "opted-in", "text-sent", "text-received"
NO_ANNOUNCEMENT = "their own call; no announcement on record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that was said or sent."""

    at: datetime
    event: str
    """`opted-out`, `opted-in`, `text-sent` or `text-received`."""
    channel: str
    words: str = field(default="", repr=False)
    """The patient's own, or those of our text."""
    state: str = ""
    """What became of a text of ours, and why."""
    by: str = ""
    """Who wrote a wish down, or which message a text was."""
    basis: str = ""
    """The consent that a first text rests on, or the announcement that was heard before a key was pressed."""
    announcement: str = ""
    confirmed_by: TextId | None = None
    confirmation: str = ""
    """What became of the text that confirmed an opt-out, or why none went."""
    text: TextId | None = None
    episode: EpisodeId | None = None
    site: SiteId | None = None


def proof(books: Books, number: PhoneNumber) -> list[Event]:
    """All of it, oldest first."""
    events = [_wish(books, entry) for entry in books.consents(number)]
    for episode in books.episodes_of(number):
        events += _texts(books, episode)
    return sorted(events, key=lambda event: event.at)


def _wish(books: Books, entry: Consent) -> Event:
    episode = books.episode(entry.episode) if entry.episode else None
    return Event(
        at=entry.at,
        event=OPTED_OUT if entry.opted_out else OPTED_IN,
        channel=CHANNELS[Source(entry.source)],
        words=entry.words,
        by=entry.by,
        basis=f"announcement {entry.announcement}" if entry.announcement else "",
        announcement=entry.announcement,
        confirmed_by=entry.confirmed_by,
        confirmation=_confirmation(books, entry),
        text=entry.text,
        episode=entry.episode,
        site=episode.site if episode else None,
    )


def _confirmation(books: Books, entry: Consent) -> str:
    if not entry.opted_out:
        return ""
    if entry.confirmed_by is None:
        return "none from us"
    text = books.text(entry.confirmed_by)
    return _state(text) if text else "no longer on record"


def _texts(books: Books, episode: Episode) -> Iterator[Event]:
    for text in books.texts_of(episode.id):
        if text.template in episodes.TO_STAFF:
            continue
        first = episodes.is_first(text.template)
        yield Event(
            at=text.settled_at or text.due_at if text.outgoing else text.created_at,
            event=SENT if text.outgoing else RECEIVED,
            channel=CHANNELS[Source.TEXT],
            words=text.body,
            state=_state(text) if text.outgoing else "",
            by=text.template,
            basis=_basis(text, episode) if text.outgoing and first else "",
            announcement=(episode.announcement or "") if first else "",
            text=text.id,
            episode=episode.id,
            site=episode.site,
        )


def _basis(text: Text, episode: Episode) -> str:
    heard = f"announcement {episode.announcement}" if episode.announcement else ""
    if text.template in episodes.ASKED_FOR:
        return (
            f"asked for by key during the call, on {heard}" if heard else "asked for by key during the call"
        )
    return f"their own call, on which {heard} was in force" if heard else NO_ANNOUNCEMENT


def _state(text: Text) -> str:
    words = {TextState.CANCELLED: "not sent", TextState.WITHHELD: "withheld (shadow mode)"}
    said = words.get(text.state, text.state.value)
    return f"{said}: {text.note}" if text.note else said
