"""A text that a person or a script of the clinic writes: it goes the way of every other, past the same guards."""

from datetime import datetime

from secondring.domain import consent, episodes, optouts
from secondring.domain.call_events import Direction
from secondring.domain.circumstances import circumstances
from secondring.domain.errors import NotNow
from secondring.domain.ids import CallId, EpisodeId, Uniqueid, derived_id
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode, Origin, Text
from secondring.domain.routing import no_text, unsuitable
from secondring.domain.rules import Rules, Site
from secondring.domain.textable import untextable

STAFF_REPLY = "staff-reply"
"""The template's name of a text that a person or a script wrote."""
_UNSUITABLE = {
    "line": "is no line that takes texts",
    "foreign": "is in a country that texts may not go to here",
}


def write(
    books: Books,
    rules: Rules,
    site: Site,
    to: PhoneNumber,
    words: str,
    who: str,
    now: datetime,
    *,
    agreed: str = "",
) -> Text:
    """Queue a text; raises NotNow with why none may go.

    Somebody who neither called nor wrote has agreed to nothing: then `agreed` says in their words that they did.
    """
    _refuse_line(books, rules, to, now)
    if agreed:
        optouts.told_to_staff(books, to, who, agreed, now, wants_texts=True)
    standing = consent.standing(books.consent(to), site.hours.zone)
    if not standing.may_text:
        raise NotNow(f"They get no texts: {standing.because}. Call them instead.")
    if books.consent(to) is None and books.last_episode(to) is None:
        raise NotNow(
            "They never called or wrote, so nothing says that they want texts."
            ' Say in their words that they do: --agreed "what they said".'
        )
    episode = _episode(books, rules, site, to, now)
    _refuse_caps(books, rules, site, to, now)
    text = episodes.queue_text(books, episode, site, STAFF_REPLY, words, now=now, due_at=now, to=to)
    because = f"{who} wrote to the caller"
    episodes.note(books, now, "staff-reply", "person", because, episode=episode.id, text=text.id)
    return text


def _refuse_line(books: Books, rules: Rules, to: PhoneNumber, now: datetime) -> None:
    why = unsuitable(to, rules)
    if why is not None:
        raise NotNow(f"That number {_UNSUITABLE[why]}. Call them instead.")
    known = untextable(books.known_line(to), now)
    if known is not None:
        raise NotNow(f"No text arrives there: {known}. Call them instead.")


def _refuse_caps(books: Books, rules: Rules, site: Site, to: PhoneNumber, now: datetime) -> None:
    call = Call(
        id=CallId("by-hand", Uniqueid("0")),
        site=site.id,
        direction=Direction.INBOUND,
        caller=to,
        started_at=now,
    )
    refusal = no_text(circumstances(books, rules, call, site, now))
    if refusal is not None:
        raise NotNow(f"No text may go: {refusal.because}.")


def _episode(books: Books, rules: Rules, site: Site, to: PhoneNumber, now: datetime) -> Episode:
    """The open one of this number at this site, or one out of the blue, which counts in no rate."""
    mine = episodes.open_here(books, to, site)
    if mine:
        return mine[0]
    episode = Episode(
        id=EpisodeId(derived_id("E", "by-hand", site.id, to.e164, now.isoformat())),
        site=site.id,
        caller=to,
        origin=Origin.TEXT,
        calls=0,
        opened_at=now,
        window_ends_at=now + rules.guards.window,
        language=site.language,
    )
    books.save_episode(episode)
    episodes.set_timer(books, episodes.WINDOW, episode.id, episode.window_ends_at)
    return episode
