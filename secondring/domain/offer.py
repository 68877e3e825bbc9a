"""In the call: what a caller is offered by key, and what the keys do.

A text asked for by key goes out while the caller is on the line, and opens the episode of this call at once.
When the call then ends unanswered, `casework` finds that episode and neither counts nor texts a second time.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from secondring.domain import consent, episodes, optouts
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.booking_link import Links
from secondring.domain.call_events import Direction
from secondring.domain.casework import Wording
from secondring.domain.circumstances import circumstances
from secondring.domain.hours import add_business_time, is_open
from secondring.domain.ids import CallId, SiteId, Uniqueid, episode_id
from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.ports import Books
from secondring.domain.records import Call, Episode, Intent, Origin, TextState
from secondring.domain.routing import Decision, no_text, unsuitable
from secondring.domain.rules import Rules, Site

LANGUAGES = ("en", "es")
"""What we have prompts and texts in."""
DEAD = (TextState.CANCELLED, TextState.FAILED, TextState.WITHHELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class InCall:
    """A caller who is on the line, as the PBX shows them."""

    uniqueid: Uniqueid
    caller: str = field(repr=False)
    """As the PBX shows it; empty when there is none."""
    withheld: bool = False
    did: str = field(default="", repr=False)
    announcement: str = ""
    """The version of the words that they heard, as the dialplan has it; empty when it does not say."""
    language: str = ""
    """Of the channel: `en`, `es_MX`, ...; empty when unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What to say to a caller, and in which language."""

    site: SiteId
    language: str
    is_open: bool
    is_offered: bool = True
    """False: they go on as though we were not installed. In shadow mode no text may be promised."""


class Promise(StrEnum):
    """What came of asking for a text."""

    SENT = "sent"
    """It is on its way."""
    ALREADY = "already"
    """It was on its way before: one text a call."""
    ASK = "ask"
    """Their own number cannot be texted (withheld, or a landline): ask for a mobile."""
    OPTED_OUT = "opted-out"
    """They once asked for no texts; one more key takes that back."""
    SOON = "soon"
    """It goes as soon as the centre hears of it: a site box cannot know when that is."""
    NO = "no"
    """No text may go: too many of them, a country that is not allowed, a number that is blocked."""


class Offers:
    """The use cases of the keys 1 and 9. `announcement` is the version of the words that callers hear."""

    def __init__(self, rules: Rules, wording: Wording, announcement: str, links: Links | None = None) -> None:
        """`links` is needed where the booking page is on."""
        self._rules = rules
        self._links = links or Links(rules)
        self._wording = wording
        self._announcement = announcement

    # without the books

    def welcome(self, call: InCall, now: datetime) -> Welcome:
        """How to greet this caller."""
        site = self._rules.site_of_did(call.did)
        return Welcome(
            site=site.id,
            language=_language(call, site),
            is_open=is_open(site.hours, now),
            is_offered=not site.shadow,
        )

    def can_be_texted(self, call: InCall, typed: str) -> bool:
        """Is what they typed a number that a text may go to?"""
        number = parse_number(typed, self._rules.site_of_did(call.did).region)
        return number is not None and unsuitable(number, self._rules) is None

    # key 1

    def text_link(
        self,
        books: Books,
        call_id: CallId,
        call: InCall,
        now: datetime,
        *,
        typed: str = "",
        opt_in: bool = False,
    ) -> Promise:
        """Text them now: at their own number, or at the one they typed and confirmed.

        `opt_in` takes back an opt-out of their own number; nobody can do that for a number they only typed.
        """
        known = self._call(books, call_id, call, now)
        if self._has_been_texted(books, known):
            return Promise.ALREADY
        if self._rules.site(
            known.site
        ).shadow:  # heard in a queue whose announcement is still that of live mode
            return self._refuse(books, known, "shadow", "nothing is sent in shadow mode", now)
        return self._asked(books, known, call, now, typed=typed, opt_in=opt_in)

    def _asked(
        self, books: Books, known: Call, call: InCall, now: datetime, *, typed: str, opt_in: bool
    ) -> Promise:
        site = self._rules.site(known.site)
        number = parse_number(typed, site.region) if typed else known.caller
        if number is None or unsuitable(number, self._rules) is not None:
            return Promise.NO if typed else Promise.ASK
        entry = books.consent(number)
        if entry is not None and entry.opted_out:
            if typed or entry.source == consent.Source.CARRIER:
                return self._refuse(books, known, "opted-out", "that number asked for no texts", now)
            if not opt_in:
                return Promise.OPTED_OUT
        refusal = no_text(circumstances(books, self._rules, replace(known, caller=number), site, now))
        if refusal is not None:
            return self._held_back(books, known, refusal, site, now)
        if entry is not None and entry.opted_out:
            self._opt_in(books, known, number, self._heard(call), now)
        self._send(books, known, site, number, call, now)
        return Promise.SENT

    def _call(self, books: Books, call_id: CallId, call: InCall, now: datetime) -> Call:
        """The call as the listener knows it; it may not have told us yet."""
        known = books.call(call_id)
        if known is not None:
            return known if not call.withheld else replace(known, caller=None)
        site = self._rules.site_of_did(call.did)
        return Call(
            id=call_id,
            site=site.id,
            direction=Direction.INBOUND,
            caller=None if call.withheld else parse_number(call.caller, site.region),
            did=call.did,
            started_at=now,
        )

    @staticmethod
    def _has_been_texted(books: Books, call: Call) -> bool:
        if call.episode is None:
            return False
        texts = (text for text in books.texts_of(call.episode) if text.template in episodes.ASKED_FOR)
        return any(text.created_at >= call.started_at and text.state not in DEAD for text in texts)

    def _held_back(self, books: Books, call: Call, refusal: Decision, site: Site, now: datetime) -> Promise:
        if refusal.alarm:
            raise_in(books, Alarm(refusal.rule, refusal.because, site.id), self._rules, now)
        return self._refuse(books, call, refusal.rule, refusal.because, now)

    @staticmethod
    def _refuse(books: Books, call: Call, rule: str, because: str, now: datetime) -> Promise:
        episodes.note(books, now, "no-text", rule, f"pressed 1, but {because}", call=call.id)
        return Promise.NO

    def _opt_in(self, books: Books, call: Call, number: PhoneNumber, heard: str, now: datetime) -> None:
        because = f"pressed 1 twice on announcement {heard}"
        ivr = consent.Source.IVR
        optouts.opt_in(books, number, ivr, now, words="pressed 1 twice", announcement=heard)
        episodes.note(books, now, "opt-in", "key-1", because, call=call.id)

    def _send(
        self, books: Books, call: Call, site: Site, number: PhoneNumber, heard: InCall, now: datetime
    ) -> None:
        episode = self._episode(books, call, site, number, _language(heard, site), now)
        episode = replace(episode, announcement=self._heard(heard))
        books.save_episode(episode)
        for text in books.texts_of(episode.id):
            if episodes.is_first(text.template):  # one that waited for this call to end is of no use any more
                episodes.cancel_text(books, text, now, "the caller asked for a text by key")
        online = self._rules.books_online(site)
        template = episodes.ASKED_LINK if online else episodes.ASKED
        link = self._links.make(books, episode, site, now) if online else ""
        body = self._wording.text(template, site=site, language=episode.language, now=now, link=link)
        text = episodes.queue_text(books, episode, site, template, body, now=now, due_at=now)
        books.save_call(replace(call, episode=episode.id))
        because = f"pressed 1 on announcement {self._heard(heard)}"
        episodes.note(books, now, "text", "key-1", because, episode=episode.id, call=call.id, text=text.id)

    def _episode(
        self, books: Books, call: Call, site: Site, number: PhoneNumber, language: str, now: datetime
    ) -> Episode:
        """The open one of this number at this site, or a new one; a link is on its way to it."""
        mine = episodes.open_here(books, number, site)
        episode = replace(mine[0] if mine else self._new(call, number, now), language=language)
        if self._rules.books_online(site):
            asked_at = episode.booking_asked_at or now
            episode = replace(episode, intent=Intent.BOOK, booking_asked_at=asked_at)
        books.save_episode(episode)
        episodes.set_timer(books, episodes.WINDOW, episode.id, episode.window_ends_at)
        if self._rules.books_online(site):
            silence = add_business_time(site.hours, now, self._rules.follow_up.link_silence)
            episodes.set_timer(books, episodes.LINK_SILENCE, episode.id, silence)
        return episode

    def _new(self, call: Call, number: PhoneNumber, now: datetime) -> Episode:
        return Episode(
            id=episode_id(call.id),
            site=call.site,
            caller=number,
            origin=Origin.OFFER,
            calls=0,
            opened_at=now,
            window_ends_at=now + self._rules.guards.window,
        )

    # key 9

    def decline(self, books: Books, call_id: CallId, call: InCall, now: datetime) -> None:
        """No texts to the caller's own number from now on, and none to confirm it."""
        known = self._call(books, call_id, call, now)
        heard = self._heard(call)
        because = f"pressed 9 on announcement {heard}"
        if known.caller is None:
            episodes.note(books, now, "no-text", "key-9", f"{because}, without a number", call=call_id)
            return
        ivr = consent.Source.IVR
        optouts.opt_out(books, known.caller, ivr, now, words="pressed 9", announcement=heard)
        episodes.note(books, now, "opt-out", "key-9", because, call=call_id)
        optouts.end_episodes(books, known.caller, now)

    def _heard(self, call: InCall) -> str:
        """The version of the words that this caller heard: as the dialplan was rendered, else as configured now."""
        return call.announcement or self._announcement


def _language(call: InCall, site: Site) -> str:
    """What the dialplan chose, when it is not just the PBX's default; else the site's."""
    chosen = call.language.lower()[:2]
    return chosen if chosen in LANGUAGES and chosen != LANGUAGES[0] else site.language
