"""Which of the clinic's numbers a text comes from.

A conversation stays with one number, so that the patient's phone keeps it together; else it is the number that they
dialled, where that one can text; else one of the site's that is always the same for this patient.
"""

import hashlib
from collections.abc import Sequence

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Text
from secondring.domain.rules import MIN_DID_DIGITS, Site


def sender_for(site: Site, patient: PhoneNumber, did: str | None, thread: Sequence[Text]) -> PhoneNumber:
    """The number to text a patient from; `thread` is the texts of the episode, oldest first."""
    pool = site.texting
    if len(pool) == 1:
        return pool[0]
    spoken = [text.ours for text in thread if text.patient == patient and text.ours in pool]
    if spoken:
        return spoken[-1]
    return _dialled(pool, did) or pool[_share(patient, len(pool))]


def _dialled(pool: Sequence[PhoneNumber], did: str | None) -> PhoneNumber | None:
    """Trunks send 7 to 11 digits with or without a prefix, so the last ten (or fewer) decide."""
    digits = "".join(c for c in did or "" if c.isdigit())[-10:]
    if len(digits) < MIN_DID_DIGITS:
        return None
    fitting = [number for number in pool if number.e164.endswith(digits)]
    return fitting[0] if len(fitting) == 1 else None


def _share(patient: PhoneNumber, among: int) -> int:
    digest = hashlib.blake2b(patient.e164.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % among
