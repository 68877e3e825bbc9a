"""Who takes part in the demo, and what the books know of them."""

from datetime import timedelta

from lab.errors import LabError
from lab.ticker import REACHED_PHONES
from secondring import wiring
from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.ports import Books
from secondring.domain.records import Episode

NURSE = "+12025550177"
PEOPLE = {
    "+13125550111": "Anna",
    "+13125550112": "Ben",
    "+13125550113": "Carla",
    "+13125550114": "Dan",
    "+13125550115": "Eva",
    "+13125550116": "Finn",
    "+13125550117": "Hal",
    "+13125550118": "Gina",
    "+13125550119": "Ivy",
    NURSE: "the nurse's mobile",
}
TODAY = timedelta(hours=6)


def number_of(name: str) -> str:
    """The number of somebody in the demo."""
    return next(number for number, known in PEOPLE.items() if known == name)


def phone_of(name: str) -> PhoneNumber:
    """The same, as the books know it."""
    number = parse_number(number_of(name), "US")
    if number is None:
        raise LabError(f"{name} has no phone")
    return number


def episodes(books: Books) -> list[Episode]:
    """This morning's."""
    now = wiring.now()
    return books.episodes(since=now - TODAY, until=now, limit=1000)


def verdicts(books: Books) -> int:
    """How many calls are over."""
    now = wiring.now()
    return sum(1 for call in books.calls(since=now - TODAY, until=now, limit=1000) if call.verdict)


def texts_to(books: Books, name: str) -> int:
    """How many texts the phone has got, over all of the caller's episodes."""
    phone = phone_of(name)
    mine = [episode for episode in episodes(books) if episode.caller == phone]
    return sum(1 for e in mine for t in books.texts_of(e.id) if t.outgoing and t.state in REACHED_PHONES)


def ended(books: Books, name: str) -> bool:
    """Is what began with their call at an end?"""
    last = books.last_episode(phone_of(name))
    return last is not None and not last.is_open


def tasks_of(books: Books, name: str) -> int:
    """How much there is to do for them."""
    return sum(1 for task in books.tasks() if task.caller == phone_of(name))
