"""The rehearsal at the start: it makes the first call quick, and leaves nothing behind."""

from dataclasses import replace
from datetime import datetime

import pytest

from secondring.domain.ids import SiteId
from secondring.domain.phone import PhoneNumber
from secondring.domain.rules import Site
from secondring.rehearsal import NOBODY, Undone, rehearse
from tests.support.clinic import BEN, Clinic, PlainWording, a_site, some_rules

EAST = PhoneNumber("+12025550180")
TWO_SITES = replace(
    some_rules(), sites=(a_site(), a_site(id=SiteId("east"), phone=EAST, sender=EAST, dids=(EAST,)))
)


class Counting(PlainWording):
    """Counts the messages that were rendered."""

    def __init__(self) -> None:
        self.rendered: list[str] = []

    def text(self, template: str, *, site: Site, language: str, now: datetime, task: str = "") -> str:
        self.rendered.append(template)
        return super().text(template, site=site, language=language, now=now, task=task)


def test_everything_is_played_through_and_nothing_is_kept() -> None:
    clinic, wording = Clinic(rules=TWO_SITES), Counting()
    clinic.misses(BEN)
    before = (clinic.episodes, clinic.texts, clinic.tasks)
    play = rehearse(TWO_SITES, wording)
    with pytest.raises(Undone), clinic.store.transaction() as books:
        play(books, clinic.now)
    assert wording.rendered == ["first-open", "unknown"] * 2
    assert (clinic.episodes, clinic.texts, clinic.tasks) == before
    with clinic.store.reading() as books:
        assert books.last_episode(NOBODY) is None
    assert [text.patient for text in clinic.wait(seconds=2).send_due()] == [BEN]
