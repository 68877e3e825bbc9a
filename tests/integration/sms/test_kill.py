"""kill -9, again and again, with a real database: each text is on the phone once, and the books say so."""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from secondring.domain.ids import EpisodeId, JobKey, TextId
from secondring.domain.records import Episode, Job, Text, TextState
from secondring.store.keys import make_key
from secondring.store.migrate import upgrade
from secondring.store.sqlstore import SqlStore
from sms_gateway.carriers.spool import Spool
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, SITE

REPO = Path(__file__).parents[3]
TEXTS = 60


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    key = make_key()
    (tmp_path / "key").write_bytes(key.secret)
    url = f"sqlite:///{tmp_path / 'books.db'}"
    upgrade(url)
    opened = SqlStore(url, key)
    yield opened
    opened.close()


def _queue(store: SqlStore) -> list[TextId]:
    now = datetime.now(UTC)
    ids = [TextId(f"M-{number}") for number in range(TEXTS)]
    with store.transaction() as books:
        window = now + timedelta(hours=1)
        episode = EpisodeId("E-1")
        books.save_episode(Episode(id=episode, site=SITE, caller=ANNA, opened_at=now, window_ends_at=window))
        for id_ in ids:
            books.save_text(
                Text(
                    id=id_,
                    episode=episode,
                    site=SITE,
                    outgoing=True,
                    patient=ANNA,
                    ours=CLINIC,
                    body=f"text {id_}",
                    template="first-open",
                    state=TextState.QUEUED,
                    created_at=now,
                    due_at=now,
                )
            )
            books.add_job(Job(key=JobKey(f"send-text:{id_}"), kind="send-text", ref=id_, due_at=now))
    return ids


def _live_and_die(folder: Path, seconds: float) -> None:
    command = [sys.executable, "-m", "tests.integration.sms.victim", str(folder)]
    with subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "ready\n"
        try:
            victim.wait(seconds)
        except subprocess.TimeoutExpired:
            victim.kill()


def test_killed_again_and_again_each_text_arrives_once(tmp_path: Path, store: SqlStore) -> None:
    ids = _queue(store)
    rng = random.Random(7)
    for _life in range(40):
        _live_and_die(tmp_path, rng.uniform(0.05, 0.5))
        with store.reading() as books:
            if books.next_due(["send-text"]) is None:
                break
    else:
        pytest.fail("forty lives were not enough")
    arrived = Counter(line.id for line in Spool(tmp_path / "air").inbox(ANNA))
    assert arrived == Counter(map(str, ids))
    with store.reading() as books:
        states = Counter(text.state for text in books.texts_of(EpisodeId("E-1")))
    assert states == {TextState.ACCEPTED: TEXTS}
