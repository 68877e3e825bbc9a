"""The last word on a text before it goes, and what follows when it went, or could not."""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain import episodes, optouts
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.booking_link import Links
from secondring.domain.casework import Wording
from secondring.domain.consent import Source
from secondring.domain.hours import is_open, next_opening
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Consent, Episode, KnownLine, Text
from secondring.domain.replies import Replies
from secondring.domain.rules import FRONT_DESK, Clock, Rules
from secondring.domain.textable import untextable
from secondring.domain.texting import Arrival, Cancel, Failure, Fault, Go, Hold, Permission, Stray
from secondring.domain.triage_ringing import CALLING_YOU

ON_LINE_CHECK = timedelta(seconds=5)
"""How soon a text held for a caller on the line is looked at again, should the hang-up escape us."""
CONFIRM_WITHIN = timedelta(minutes=5)
"""47 CFR 64.1200(a)(12): a confirmation within five minutes is taken to be covered by the consent from before."""
SENDERS_FAULTS = frozenset({Fault.SENDER, Fault.CARRIER})
FILTERED = "filtered"
"""The bookmark of when texts were last taken for spam, and the alarm's name."""
FILTERED_AT_MOST, FILTERED_WITHIN = 3, timedelta(hours=1)
"""So many texts taken for spam in that time raise an alarm: one alone may be the recipient's own filter."""

NOT_REACHED = "our text did not reach them"
_WHY = {
    Fault.OPTED_OUT: "they told the carrier to stop texts",
    Fault.LANDLINE: "the number is a landline",
    Fault.BAD_NUMBER: "the carrier says that nobody has this number",
    Fault.OUTCOME_UNKNOWN: "nobody can tell whether our text reached them",
}


class ClinicDesk:
    """The people's side of the text gateway. Every method works inside the gateway's transaction."""

    def __init__(self, rules: Rules, wording: Wording, links: Links | None = None) -> None:
        """`links` is needed where the booking page is on."""
        self._rules = rules
        self._replies = Replies(rules, wording, links or Links(rules))

    def before_send(self, books: Books, text: Text, now: datetime) -> Permission:
        """The last checks: opted out since, back on the line, too late, night."""
        if text.template in episodes.TO_STAFF:
            return Go()
        against = _against(text, books.consent(text.patient), now)
        if against:
            return Cancel(against)
        why = untextable(books.known_line(text.patient), now)
        if why is not None:
            return Cancel(why)
        if episodes.waits_for_hang_up(text.template):
            return self._first(books, text, now)
        if text.template == "reminder":
            return self._reminder(text, now)
        return Go()

    def _first(self, books: Books, text: Text, now: datetime) -> Permission:
        guards = self._rules.guards
        episode = books.episode(text.episode)
        if episode is None or not episode.is_open:
            return Cancel("the episode has ended")
        waited = now - episode.opened_at
        if books.caller_on_line(text.patient) and waited < guards.on_line_limit:
            return Hold(now + ON_LINE_CHECK, "the caller is on the line again")
        if now - text.created_at > guards.late_after + guards.on_line_limit:
            return Cancel("too late for a text")
        return Go()

    def _reminder(self, text: Text, now: datetime) -> Permission:
        hours = self._rules.site(text.site).hours
        opening = next_opening(hours, now)
        if is_open(hours, now) or opening is None:
            return Go()
        return Hold(opening, "reminders only go out while the clinic is open")

    def cancelled(self, books: Books, text: Text, because: str, now: datetime) -> None:
        """A text was called off at the last moment; a caller who still waits gets a person."""
        episodes.note(books, now, "cancel-text", "before-send", because, episode=text.episode, text=text.id)
        episode = books.episode(text.episode)
        if episode and episode.is_open and episodes.is_first(text.template):
            self._call_back(books, episode, f"Call back ({because})", now)

    def accepted(self, books: Books, text: Text, now: datetime) -> None:
        """The carrier has it; the first one stops the clock."""
        episode = books.episode(text.episode)
        if episode and episodes.is_first(text.template) and episode.texted_at is None:
            books.save_episode(replace(episode, texted_at=text.settled_at or now, template=text.template))
            self._plan_reminder(books, episode, now)

    def _plan_reminder(self, books: Books, episode: Episode, now: datetime) -> None:
        after = self._rules.follow_up.reminder_after
        if after is not None:
            episodes.set_timer(books, episodes.REMINDER, episode.id, now + after)

    def failed_for_good(self, books: Books, text: Text, failure: Failure, now: datetime) -> None:
        """No text reaches them, so a person does; what the administrator can mend raises an alarm."""
        because = f"text failed: {failure.fault} {failure.code} {failure.note}".strip()
        episodes.note(books, now, "text-failed", failure.fault, because, episode=text.episode, text=text.id)
        if failure.fault in SENDERS_FAULTS and text.template != episodes.ALARM_TEXT:
            raise_in(books, Alarm(f"text-{failure.fault}", failure.note, text.site), self._rules, now)
        if failure.fault is Fault.OPTED_OUT:
            self._opted_out(books, text, now)
        if failure.fault is Fault.CONTENT:
            self._filtered(books, text, now)
        if text.template in episodes.STAFF_ALERTS and failure.fault not in SENDERS_FAULTS:
            because = "a staff phone that is to be texted about urgent callers cannot be reached by text"
            raise_in(books, Alarm("staff-phone", because, text.site), self._rules, now)
        episode = books.episode(text.episode)
        if episode and episode.is_open and text.template not in episodes.TO_STAFF:
            self._call_back(books, episode, f"Call back ({_WHY.get(failure.fault, NOT_REACHED)})", now)

    @staticmethod
    def _opted_out(books: Books, text: Text, now: datetime) -> None:
        """They told the carrier to stop: as good as telling us, for every site and carrier."""
        optouts.opt_out(books, text.patient, Source.CARRIER, now, by=text.carrier, episode=text.episode)

    def _filtered(self, books: Books, text: Text, now: datetime) -> None:
        """One text taken for spam is bad luck; several mean that the wording or the registration needs mending."""
        before = [datetime.fromisoformat(word) for word in (books.bookmark(FILTERED) or "").split()]
        recent = [*(at for at in before if now - at < FILTERED_WITHIN), now][-FILTERED_AT_MOST:]
        books.keep_bookmark(FILTERED, " ".join(at.isoformat() for at in recent))
        if len(recent) >= FILTERED_AT_MOST:
            because = (
                f"{len(recent)} texts within an hour were taken for spam: look at their wording and at the"
                " registration of your number"
            )
            raise_in(books, Alarm(f"text-{FILTERED}", because, text.site), self._rules, now)

    def senders(self, books: Books, text: Text) -> tuple[PhoneNumber, ...]:  # noqa: ARG002 - a desk's signature
        """The number that it was to come from, then the site's others."""
        texting = self._rules.site(text.site).texting
        return (text.ours, *(number for number in texting if number != text.ours))

    def alarm(self, books: Books, text: Text, kind: str, because: str, now: datetime) -> None:
        """An administrator has to mend something; unless it was an alarm's own text that met it."""
        if text.template != episodes.ALARM_TEXT:
            raise_in(books, Alarm(kind, because, text.site), self._rules, now)

    def goes_again(self, books: Books, text: Text, because: str, now: datetime) -> None:
        """For the record."""
        episodes.note(books, now, "text-again", "failed", because, episode=text.episode, text=text.id)

    def learned(self, books: Books, known: KnownLine) -> None:
        """For the next time that this number calls."""
        books.keep_line(known)

    def _call_back(self, books: Books, episode: Episode, title: str, now: datetime) -> None:
        site = self._rules.site(episode.site)
        episodes.open_task(books, episode, site, FRONT_DESK, Clock.WITHIN_THE_HOUR, title, now=now)

    def delivered(self, books: Books, text: Text, now: datetime) -> None:
        """The phone has it: for the record, and for the count of those that arrive."""
        episode = books.episode(text.episode)
        if episode and episodes.is_first(text.template) and episode.delivered_at is None:
            books.save_episode(replace(episode, delivered_at=now))
        episodes.note(
            books, now, "delivered", "receipt", "the carrier delivered it", episode=text.episode, text=text.id
        )

    def received(self, books: Books, arrival: Arrival, now: datetime) -> None:
        """A text came in."""
        self._replies.received(books, arrival, now)

    def leave_to_a_person(self, books: Books, arrival: Arrival, now: datetime) -> None:
        """A text that `received` failed on; whatever it was, somebody reads it."""
        self._replies.leave_to_a_person(books, arrival, now)

    def unanswerable(self, books: Books, stray: Stray, now: datetime) -> bool:
        """A text without a telephone number at both ends; somebody reads it."""
        return self._replies.unanswerable(books, stray, now)

    def cursor(self, books: Books, carrier: str) -> str | None:
        return books.bookmark(f"inbox:{carrier}")

    def keep_cursor(self, books: Books, carrier: str, cursor: str) -> None:
        books.keep_bookmark(f"inbox:{carrier}", cursor)


def _against(text: Text, newest: Consent | None, now: datetime) -> str:
    """What the wish of the patient has against a text; empty when nothing."""
    opted_out = newest is not None and newest.opted_out
    if text.template == episodes.OPT_OUT_TEMPLATE:
        if not opted_out:
            return "they want texts again"
        return "too late to confirm an opt-out" if now - text.created_at > CONFIRM_WITHIN else ""
    if newest is None or not opted_out or _asked_for_since(text, newest):
        return ""
    return "opted out"


def _asked_for_since(text: Text, opt_out: Consent) -> bool:
    """The answer to an emergency in the very text that opted out, and to a HELP that came after it."""
    if text.template in ("urgent", CALLING_YOU):
        return text.created_at == opt_out.at
    return text.template == episodes.HELP_TEMPLATE and text.created_at > opt_out.at
