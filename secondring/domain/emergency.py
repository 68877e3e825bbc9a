"""Emergency access: whoever has to reach a patient now, and may not, opens every patient's rows for a while.

HIPAA, 45 CFR 164.312(a)(2)(ii), asks for a way in. It is open to everybody who is signed in, for it must not wait for
somebody else; so it costs a reason, an alarm, and a mark on every line of the audit. It gives what those who call
patients may do, at all sites, and nothing of managers' and administrators': those lay theirs aside meanwhile.
"""

import re
from dataclasses import replace
from datetime import datetime

from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.ports import Books
from secondring.domain.rules import Rules
from secondring.domain.staff import CALLS_PATIENTS, Session, User

KIND = "emergency-access"
SHORTEST_REASON, LONGEST_REASON = 10, 200
_NUMBER = re.compile(r"\+?\(?\d(?:[ ().\-/]*\d){5,}")
"""However people write one: six digits and more, with what stands between them."""


def is_open(session: Session, now: datetime) -> bool:
    """True while a session has emergency access."""
    return session.emergency_until is not None and now < session.emergency_until


def as_they_are_now(user: User, session: Session, now: datetime) -> User:
    """The person with the rights that count now; never to be kept in the books."""
    return replace(user, roles=CALLS_PATIENTS, sites=None) if is_open(session, now) else user


def wrong_with_reason(reason: str) -> str | None:
    """Why a reason is none; None when it will do."""
    if len(reason.strip()) < SHORTEST_REASON:
        return "Say in a few words why it cannot wait, without naming a patient."
    return None


def begin(
    books: Books, session: Session, user: User, until: datetime, rules: Rules, *, now: datetime
) -> None:
    """From now on, with an alarm that names who and not why: the reason stands in the audit."""
    books.save_session(replace(session, emergency_until=until))
    told = f"{user.shown} ({user.name}) opened emergency access to every patient's rows; the audit says why"
    raise_in(books, Alarm(KIND, told), rules, now)


def end(books: Books, session: Session) -> None:
    """No longer."""
    books.save_session(replace(session, emergency_until=None))


def kept_reason(reason: str) -> str:
    """The reason as it stands in the audit: on one line, cut short, without a phone number."""
    return _NUMBER.sub("(a number)", " ".join(reason.split()))[:LONGEST_REASON]
