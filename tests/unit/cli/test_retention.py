"""`secondring retention` and `secondring forget`."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from secondring.domain.records import Cleared, Outcome, TextState
from tests.support.books import a_task, a_text, an_episode, eid
from tests.support.clinic import ANNA
from tests.support.terminal import Desk, run

LONG_AGO = datetime.now(UTC) - timedelta(days=400)
BY = ("--by", "ana")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with an episode of a year ago."""
    made = Desk(tmp_path)
    with made.store.transaction() as books:
        over = {"window_ends_at": LONG_AGO, "closed_at": LONG_AGO, "outcome": Outcome.RESOLVED}
        books.save_episode(an_episode(1, opened_at=LONG_AGO, **over))
        books.save_text(a_text(1, state=TextState.DELIVERED, created_at=LONG_AGO))
    yield made
    made.store.close()


def cleared(desk: Desk) -> Cleared:
    with desk.store.reading() as books:
        episode = books.episode(eid(1))
    assert episode is not None
    return episode.cleared


def test_it_tells_what_is_kept_for_how_long_and_what_would_go_and_removes_nothing(desk: Desk) -> None:
    shown = run(*desk.begin, "retention", "--dry-run")
    assert "180 days" in shown
    assert "for ever" in shown
    assert "tonight from 2:00" in shown
    assert "No night has passed yet" in shown
    rows = {row["what"]: row for row in map(json.loads, run(*desk.begin, "retention", "--json").splitlines())}
    assert (rows["words"]["days"], rows["words"]["due"]) == (180, 1)
    assert (rows["numbers"]["due"], rows["proofs"]["days"]) == (0, None)
    assert cleared(desk) is Cleared.NOTHING


def test_it_removes_when_told_to_and_tells_of_it_afterwards(desk: Desk) -> None:
    assert "Removed: 1 episodes, 1 texts." in run(*desk.begin, "retention", "--run")
    assert cleared(desk) is Cleared.WORDS
    shown = run(*desk.begin, "retention")
    assert "1 episodes, 1 texts" in shown.split("Last done on", 1)[1]
    *_, last = run(*desk.begin, "retention", "--json").splitlines()
    assert json.loads(last)["removed"] == {"episodes": 1, "texts": 1}


def test_the_file_is_made_smaller_while_nobody_uses_it(desk: Desk) -> None:
    desk.store.close()
    assert "MB now" in run(*desk.begin, "retention", "--compact")


def test_one_person_is_forgotten_only_when_said_twice_and_without_their_number_in_the_audit(
    desk: Desk,
) -> None:
    told = run(*desk.begin, "forget", ANNA.e164, *BY)
    assert "Would be removed: 1 episodes, 1 texts" in told
    assert cleared(desk) is Cleared.NOTHING
    told = run(*desk.begin, "forget", ANNA.e164, "--yes", *BY)
    assert "Removed: 1 episodes, 1 texts" in told
    assert cleared(desk) is Cleared.NUMBERS
    with desk.store.reading() as books:
        (entry,) = books.audit(limit=9)
    assert (entry.shown, entry.action) == ("ana (terminal)", "remove")
    assert ANNA.e164[-7:] not in repr(entry)


def test_what_somebody_works_on_is_left_and_told_of(desk: Desk) -> None:
    with desk.store.transaction() as books:
        books.save_task(replace(a_task(1), created_at=LONG_AGO))
    told = run(*desk.begin, "forget", ANNA.e164, "--yes", *BY)
    assert "1 episode left: somebody still works on it" in told
    assert cleared(desk) is Cleared.NOTHING
