"""What a site box has promised a caller by key, kept by the centre: a text, or none.

The box could not ask. Where the promise cannot be kept as it was made, because the number is opted out or hours have
passed, a person calls.
"""

from dataclasses import replace
from datetime import datetime

from secondring.domain import consent, episodes
from secondring.domain.dispatches import TextAsked, TextsDeclined
from secondring.domain.ids import CallId, episode_id
from secondring.domain.offer import InCall, Offers, Promise
from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.ports import Books
from secondring.domain.records import Consent, Episode, Origin
from secondring.domain.rules import FRONT_DESK, Clock, Rules, Site

RULE = "promised"


def text(books: Books, offers: Offers, rules: Rules, asked: TextAsked, now: datetime) -> None:
    """Key 1 was pressed at a box."""
    late = now - asked.at > rules.guards.late_after
    if not late:
        promise = offers.text_link(
            books, asked.call, asked.heard, now, typed=asked.typed, opt_in=asked.opt_in
        )
        if promise in (Promise.SENT, Promise.ALREADY):
            return
    site = rules.site_of_did(asked.heard.did)
    shown = asked.typed or ("" if asked.heard.withheld else asked.heard.caller)
    number = parse_number(shown, site.region)
    if number is None or number in rules.guards.blocked or number in rules.guards.own:
        episodes.note(books, now, "no-text", RULE, "there is nobody to call back", call=asked.call)
    elif books.answered_since(number, asked.at):
        because = "the caller had a person on the line since they asked for a text"
        episodes.note(books, now, "no-text", RULE, because, call=asked.call)
    else:
        why = "we heard of it too late to text" if late else "no text may go"
        _call_them(books, rules, site, asked, number, why, now)


def _call_them(
    books: Books, rules: Rules, site: Site, asked: TextAsked, number: PhoneNumber, why: str, now: datetime
) -> None:
    episode = _episode(books, rules, site, asked, number, now)
    known = books.call(asked.call)
    if known is not None:
        books.save_call(replace(known, episode=episode.id))
    because = f"the caller was promised a text by key, and {why}: a person calls back"
    episodes.note(books, now, "task", RULE, because, episode=episode.id, call=asked.call)
    title = f"Call back (asked for a text, {why})"
    episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, title, now=now)


def _episode(
    books: Books, rules: Rules, site: Site, asked: TextAsked, number: PhoneNumber, now: datetime
) -> Episode:
    mine = episodes.open_here(books, number, site)
    known = mine[0] if mine else books.episode(episode_id(asked.call))
    episode = known or Episode(
        id=episode_id(asked.call),
        site=site.id,
        caller=number,
        origin=Origin.OFFER,
        calls=0,
        opened_at=asked.at,
        window_ends_at=now + rules.guards.window,
        language=site.language,
    )
    books.save_episode(episode)
    if episode.is_open:
        episodes.set_timer(books, episodes.WINDOW, episode.id, episode.window_ends_at)
    return episode


def no_texts(books: Books, offers: Offers, rules: Rules, declined: TextsDeclined) -> None:
    """Key 9 was pressed at a box. Who asked for texts again since then has changed their mind."""
    number = _own_number(books, rules, declined.call, declined.heard)
    newest = books.consent(number) if number else None
    if number is not None and newest is not None and not newest.opted_out and newest.at > declined.at:
        heard = declined.heard.announcement
        entry = consent.opted_out(number, declined.at, consent.Source.IVR, "pressed 9")
        kept: Consent = replace(entry, announcement=heard)
        books.add_consent(kept)
        return
    offers.decline(books, declined.call, declined.heard, declined.at)


def _own_number(books: Books, rules: Rules, call: CallId, heard: InCall) -> PhoneNumber | None:
    known = books.call(call)
    if heard.withheld:
        return None
    if known is not None:
        return known.caller
    return parse_number(heard.caller, rules.site_of_did(heard.did).region)
