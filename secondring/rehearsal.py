"""A missed call, its text and a reply, played through once at the start, in a transaction that is always undone.

The first of everything is slow: templates and statements are compiled, numbering plans and zones are read. That
first one should not be a patient's. Nothing of it is kept, nothing is rung and nothing is sent.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from secondring.domain.call_events import CallBegan, CallEnded, Direction
from secondring.domain.casework import Casework, Wording
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.ids import CallId, TextId, Uniqueid
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.rules import Rules, Site
from secondring.domain.sending import ClinicDesk
from secondring.domain.texting import Arrival
from secondring.domain.verdict import Detail, Reason, Verdict

NOBODY = PhoneNumber("+12025550199")
"""A number for fiction (NANPA keeps 555-0100 to 555-0199 free)."""
RANG = timedelta(seconds=20)
LEASE = timedelta(minutes=1)


class Undone(Exception):
    """Ends the transaction of a rehearsal, so that nothing of it stays."""


def rehearse(rules: Rules, wording: Wording) -> Callable[[Books, datetime], None]:
    """What to do with the books of a transaction. It always raises: Undone when all went well."""
    casework, desk = Casework(rules, wording), ClinicDesk(rules, wording)

    def play(books: Books, now: datetime) -> None:
        for site in rules.sites:
            _one_caller(books, casework, desk, site, now)
        raise Undone

    return play


def _one_caller(books: Books, casework: Casework, desk: ClinicDesk, site: Site, now: datetime) -> None:
    call = CallId("rehearsal", Uniqueid(site.id))
    did, began = site.dids[0].e164, now - RANG
    casework.tell(books, [CallBegan(call=call, at=began, caller=NOBODY.e164, did=did)], now)
    casework.tell(books, [_missed(call, did, began, now)], now)
    due = now + casework.rules.guards.settle
    for job in books.claim_jobs([SEND_TEXT], now=due, lease=LEASE, limit=1):
        text = books.text(TextId(job.ref))
        if text is not None:
            desk.before_send(books, text, due)
            books.save_text(text)
            desk.accepted(books, text, due)
        books.finish_job(job)
    arrival = Arrival(
        carrier="rehearsal", carrier_id=site.id, sender=NOBODY, to=site.sender, body="hello", at=due
    )
    desk.received(books, arrival, due)


def _missed(call: CallId, did: str, began: datetime, now: datetime) -> CallEnded:
    return CallEnded(
        call=call,
        direction=Direction.INBOUND,
        verdict=Verdict.MISSED,
        reason=Reason.NO_ANSWER,
        detail=Detail.TIMEOUT,
        caller=NOBODY.e164,
        withheld=False,
        did=did,
        queue=None,
        started_at=began,
        ended_at=now,
        answered_at=None,
    )
