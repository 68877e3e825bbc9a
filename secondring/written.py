"""What the pages use of the text gateway: parts, clinical words, and texts to begin from."""

from collections.abc import Sequence
from datetime import datetime

from secondring.domain.casework import Wording
from secondring.domain.rules import Site
from secondring.web.desk import Checked
from sms_gateway.lint import wrong_words
from sms_gateway.segments import count, encoding, fold, room_left

READY_MADE = {
    "book": "Booking link",
    "book-call": "We will call to book",
    "reschedule-call": "We will call about the appointment",
    "billing": "About a bill",
    "refill": "About a refill",
    "help": "Who we are",
}
NEEDS_LINK = frozenset({"book"})


class TextDesk:
    """`Texting` of the pages."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def check(self, text: str) -> Checked:
        """How many parts it goes out in, and what is wrong with it."""
        plain = fold(text)
        return Checked(
            parts=count(plain),
            left=room_left(plain),
            alphabet=encoding(plain).name,
            wrong=tuple(f"{problem}." for problem in wrong_words(text)),
        )

    def ready_made(self, site: Site, language: str, now: datetime) -> Sequence[tuple[str, str]]:
        """Our own messages, as this site would send them."""
        return [
            (shown, self._wording.text(name, site=site, language=language, now=now))
            for name, shown in READY_MADE.items()
            if site.booking_url or name not in NEEDS_LINK
        ]
