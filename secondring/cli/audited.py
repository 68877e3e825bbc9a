"""What is seen and changed of patients' data by command stands in the audit too, with who was at the terminal."""

import getpass
import os
from datetime import datetime

from secondring import wiring
from secondring.domain.ports import Books
from secondring.domain.staff import AuditEntry
from secondring.wiring import Settings


def at_the_terminal() -> str:
    """Who types, as far as the system knows: whoever became root by sudo is still themselves."""
    return os.environ.get("SUDO_USER", "") or getpass.getuser()


def seen(settings: Settings, command: str, about: str = "") -> None:
    """Write down that somebody is about to be shown patients' data: no record, nothing shown."""
    with wiring.writing(settings) as books:
        note(books, wiring.now(), "view", command, about, at_the_terminal())


def note(books: Books, at: datetime, action: str, command: str, about: str, who: str) -> None:
    """A line in the audit, in the transaction of what it tells of."""
    entry = AuditEntry(
        at=at, user=None, shown=f"{who} (terminal)", action=action, what=f"secondring {command}", about=about
    )
    books.add_audit(entry)
