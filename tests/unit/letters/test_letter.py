"""The letter: the same words twice, links to rows, no patient, nothing fetched from anywhere."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

import pytest

from secondring.domain.board import make_board
from secondring.domain.digest import Digest, make_digest
from secondring.domain.records import Intent
from secondring.domain.weeks import last
from secondring.letters.letter import Envelope, html, plain, write
from secondring.store.memory import MemoryStore
from tests.support.books import ANNA
from tests.support.weeks import NAMES, NORTH, WEEK, Pen, after

ENVELOPE = Envelope(
    sender="ring@clinic.example", owner="manager@clinic.example", pages="https://desk.clinic.example/"
)
UNLINKED = Envelope(sender="ring@clinic.example", owner="manager@clinic.example")


@pytest.fixture
def digest() -> Digest:
    store = MemoryStore()
    pen = Pen(store)
    for week in last(WEEK.plus(-1), 4):
        pen.week(week, 60, replied=36, won=40)
    pen.week(WEEK, 60, replied=12, won=30)
    pen.week(WEEK, 6, replied=6, intent=Intent.UNKNOWN, queue="<b>400</b>")
    with store.reading() as books:
        return make_digest(make_board(books, (NORTH,), WEEK, 1, after(WEEK)), NAMES)


def bodies(message: EmailMessage) -> tuple[str, str]:
    text, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert rich is not None
    return str(text.get_content()), str(rich.get_content())


@pytest.mark.parametrize(("weeks", "told"), [(4, "Nothing drifted"), (1, "It is too early to say")])
def test_nothing_drifted_is_only_said_where_that_is_known(weeks: int, told: str) -> None:
    store = MemoryStore()
    pen = Pen(store)
    for week in last(WEEK, weeks + 1):
        pen.week(week, 60, replied=36, won=40)
    with store.reading() as books:
        quiet = make_digest(make_board(books, (NORTH,), WEEK, 1, after(WEEK)), NAMES)
    for text in (plain(quiet, ENVELOPE), html(quiet, ENVELOPE)):
        assert told in text
        assert "asked to book" in text
        assert "0 of 0" not in text


def test_it_survives_the_way_and_says_the_headline_in_its_subject(digest: Digest) -> None:
    sent = write(digest, ENVELOPE, after(WEEK))
    arrived = message_from_bytes(sent.as_bytes(), policy=policy.default)
    assert isinstance(arrived, EmailMessage)
    assert arrived["Subject"] == (
        "Second Ring, week 2026-W10: Last week 30 of 66 missed callers were recovered: 45 %, down 22 points."
    )
    assert (arrived["To"], arrived["From"]) == ("manager@clinic.example", "Second Ring <ring@clinic.example>")
    assert arrived["Message-ID"] == "<digest-2026-W10@clinic.example>"
    text, rich = bodies(arrived)
    assert text.strip() == plain(digest, ENVELOPE).strip()
    assert rich.strip() == html(digest, ENVELOPE).strip()


def test_all_figures_findings_and_denominators_are_in_both(digest: Digest) -> None:
    text = " ".join(plain(digest, ENVELOPE).split())
    rich = " ".join(re.sub("<[^>]*>", " ", html(digest, ENVELOPE)).replace("\u00a0", " ").split())
    for line in digest.lines:
        for words in (line.name, line.counted):
            assert words in text
            assert words in rich
    for finding in (*digest.drifted, *digest.moved, *digest.to_fix):
        words = finding.words.replace("\u00a0", " ")
        assert words in text
        assert words.replace("<", "&lt;").replace(">", "&gt;") in rich


def test_every_link_leads_to_rows_of_that_week(digest: Digest) -> None:
    links = re.findall(r"https://\S+", plain(digest, ENVELOPE))
    rows = [urlsplit(link) for link in links if "/rows" in link]
    assert len(rows) >= len(digest.lines) + len(digest.drifted)
    for link in rows:
        asked = parse_qs(link.query)
        assert (link.netloc, link.path) == ("desk.clinic.example", "/dashboard/rows")
        assert (asked["until"], asked["weeks"]) == (["2026-W10"], ["1"])
    assert not re.search(r"https?://", plain(digest, UNLINKED) + html(digest, UNLINKED))
    assert "secondring report --by week" in plain(digest, UNLINKED)


def test_it_holds_no_number_of_a_patient_and_fetches_nothing(digest: Digest) -> None:
    both = plain(digest, ENVELOPE) + html(digest, ENVELOPE)
    assert ANNA.e164[-7:] not in re.sub(r"\D", "", both)
    assert not re.search(r"<img|<link|<script|url\(|@import|src=", both)
    assert "<b>400</b>" not in html(digest, ENVELOPE)


def test_plain_lines_fit_everywhere(digest: Digest) -> None:
    long = [
        line for line in plain(digest, ENVELOPE).splitlines() if len(line) > 78 and "https://" not in line
    ]
    assert long == []
