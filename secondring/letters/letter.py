"""The digest as an e-mail: plain text and HTML, the same words in both. It names no patient."""

from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from textwrap import fill
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from secondring.domain.digest import Digest
from secondring.domain.metrics_rows import Ask
from secondring.domain.weeks import Week

WIDTH = 72
"""Columns of the plain text: what every mail program shows without breaking lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Whom it comes from and goes to; both are one address. `pages` is where links lead, None for no links."""

    sender: str = field(repr=False)
    owner: str = field(repr=False)
    pages: str | None = None


def write(digest: Digest, envelope: Envelope, at: datetime) -> EmailMessage:
    """The letter, ready to be handed over. The same week always has the same Message-ID."""
    message = EmailMessage()
    message["Subject"] = f"Second Ring, week {digest.week}: {_plainly(digest.headline)}"
    message["From"] = f"Second Ring <{envelope.sender}>"
    message["To"] = envelope.owner
    message["Date"] = format_datetime(at)
    # A letter that was sent twice, because we crashed in between, is shown once.
    message["Message-ID"] = f"<digest-{digest.week}@{envelope.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain(digest, envelope), cte="quoted-printable")
    message.add_alternative(html(digest, envelope), subtype="html", cte="quoted-printable")
    return message


def plain(digest: Digest, envelope: Envelope) -> str:
    """The words for programs and people that take no HTML."""
    return _plainly(_drawn("digest.txt", digest, envelope))


def html(digest: Digest, envelope: Envelope) -> str:
    """The words with a little form; no picture, nothing that is fetched from anywhere."""
    return _drawn("digest.html", digest, envelope)


def rows_address(pages: str, week: Week, ask: Ask, site: str | None = None) -> str:
    """Where the rows behind a number are."""
    asked = {"show": ask.show, "by": ask.by, "value": ask.value, "until": str(week), "weeks": "1"}
    wanted = {name: value for name, value in asked.items() if value or (name == "value" and ask.by)}
    return f"{pages.rstrip('/')}/dashboard/rows?{urlencode(wanted | ({'site': site} if site else {}))}"


def _plainly(text: str) -> str:
    """Spaces that do not break have no place in a subject, nor where lines are folded."""
    return text.replace("\u00a0", " ")


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["fold"] = lambda text, indent=0: fill(
        text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent, break_long_words=False
    )
    return made.get_template(name)


def _drawn(name: str, digest: Digest, envelope: Envelope) -> str:
    def link(ask: Ask | None, site: str | None = None) -> str:
        return rows_address(envelope.pages, digest.week, ask, site) if envelope.pages and ask else ""

    sections = (
        ("Look into this", digest.drifted),
        ("What moved", digest.moved),
        ("What to fix", digest.to_fix),
    )
    return _template(name).render(
        digest=digest, link=link, sections=[(title, found) for title, found in sections if found],
        pages=(envelope.pages or "").rstrip("/"),
    )  # fmt: skip
