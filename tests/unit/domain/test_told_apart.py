"""What a later figure is told apart by is written down when it happens."""

from dataclasses import replace
from datetime import timedelta

from secondring.domain.records import TextState
from tests.support.clinic import Clinic


def test_an_episode_remembers_how_its_first_call_was_lost() -> None:
    clinic = Clinic()
    clinic.misses(reason="abandoned", queue="400", did="2025550100")
    clinic.wait(minutes=2)
    clinic.misses(reason="busy")
    episode = clinic.episode
    assert (episode.reason, episode.queue, episode.did, episode.calls) == (
        "abandoned",
        "400",
        "2025550100",
        2,
    )
    assert (episode.template, episode.delivered_at) == (None, None)


def test_it_remembers_its_first_text_and_when_that_arrived() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2)
    (text,) = clinic.send_due()
    assert clinic.episode.template == text.template
    arrived = clinic.now + timedelta(seconds=3)
    with clinic.store.transaction() as books:
        there = replace(text, state=TextState.DELIVERED)
        books.save_text(there)
        clinic.desk.delivered(books, there, arrived)
        clinic.desk.delivered(books, there, arrived + timedelta(days=1))
    assert clinic.episode.delivered_at == arrived


def test_a_later_text_that_arrives_says_nothing_of_the_first() -> None:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=2).send_due()
    clinic.writes("BILLING")
    clinic.wait(seconds=1)
    (answer,) = clinic.send_due()
    with clinic.store.transaction() as books:
        clinic.desk.delivered(books, answer, clinic.now)
    assert clinic.episode.delivered_at is None
