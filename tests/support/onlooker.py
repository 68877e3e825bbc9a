"""Looks into the books of a running service from outside, and holds the simulated phones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar

from lab.service import Service
from secondring import wiring
from secondring.domain.ids import CallId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Call, DecisionRecord, Episode, Task, Text
from tests.support.until import PATIENCE, until

T = TypeVar("T")
DAYS = timedelta(days=2)
MANY = 100_000


class Onlooker:
    """Reads what the service has committed; every answer is a new look."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.settings = wiring.load_settings(service.home)
        self._store = wiring.open_store(self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    @contextmanager
    def books(self) -> Iterator[Books]:
        """The books as they are now."""
        with self._store.reading() as books:
            yield books

    def look(self, question: Callable[[Books], T]) -> T:
        """Ask the books one thing."""
        with self.books() as books:
            return question(books)

    # -- about everybody -----------------------------------------------------------------------------------

    def calls(self) -> list[Call]:
        """Every call, oldest first."""
        now = wiring.now()
        found = self.look(lambda books: books.calls(since=now - DAYS, until=now + DAYS, limit=MANY))
        return found[::-1]

    def episodes(self) -> list[Episode]:
        """Every episode, oldest first."""
        now = wiring.now()
        found = self.look(lambda books: books.episodes(since=now - DAYS, until=now + DAYS, limit=MANY))
        return found[::-1]

    def tasks(self) -> list[Task]:
        """Every task, finished ones too."""
        return self.look(lambda books: books.tasks(include_done=True, limit=MANY))

    # -- about one caller ----------------------------------------------------------------------------------

    def calls_of(self, number: str) -> list[Call]:
        """A caller's calls, oldest first."""
        return [call for call in self.calls() if call.caller and call.caller.e164 == number]

    def episode(self, number: str) -> Episode | None:
        """A caller's newest episode."""
        return self.look(lambda books: books.last_episode(PhoneNumber(number)))

    def texts(self, number: str) -> list[Text]:
        """The texts of a caller's newest episode, both ways, oldest first."""
        episode = self.episode(number)
        return self.look(lambda books: books.texts_of(episode.id)) if episode else []

    def sent(self, number: str) -> list[str]:
        """The messages of a caller's newest episode that the carrier took, by the name of their template."""
        return [text.template for text in self.texts(number) if text.state in ("accepted", "delivered")]

    def tasks_of(self, number: str) -> list[Task]:
        """The tasks of a caller's newest episode, oldest first."""
        episode = self.episode(number)
        return self.look(lambda books: books.tasks_of(episode.id)) if episode else []

    def decisions(self, number: str) -> list[DecisionRecord]:
        """What was decided in a caller's newest episode, in order."""
        episode = self.episode(number)
        return self.look(lambda books: books.decisions_of(episode.id)) if episode else []

    def decisions_about(self, call: CallId) -> list[DecisionRecord]:
        """What was decided about a call, in order."""
        return self.look(lambda books: books.decisions_about(call))

    # -- waiting -------------------------------------------------------------------------------------------

    def wait(self, happened: Callable[[], T | None], what: str, timeout: float = PATIENCE) -> T:
        """Wait for evidence; a failure shows what the service logged."""
        return until(happened, lambda: f"{what}; the service's log ends:\n{self.log_tail()}", timeout=timeout)

    def wait_for_text(self, number: str, template: str) -> Text:
        """Wait until the carrier has taken a message, and give it."""

        def taken() -> Text | None:
            sent = ("accepted", "delivered")
            return next((t for t in self.texts(number) if t.template == template and t.state in sent), None)

        return self.wait(taken, f"the text {template!r}")

    def wait_for_task(self, number: str) -> Task:
        """Wait until there is work to do for a caller, and give the newest."""
        return self.wait(lambda: self.tasks_of(number), "a task")[-1]

    def wait_until_logged(self, words: str, timeout: float = PATIENCE) -> None:
        """Wait until the service says something."""
        self.wait(lambda: words in self.log(), f"{words!r} in the log", timeout)

    def log(self) -> str:
        """All that it logged."""
        return self.service.log.read_text(errors="replace") if self.service.log.exists() else ""

    def log_tail(self) -> str:
        """The last of what it logged."""
        return self.service.log_tail(30)

    # -- the simulated phones ------------------------------------------------------------------------------

    def inbox(self, number: str) -> list[str]:
        """The texts on a simulated phone, oldest first."""
        return [line.body for line in wiring.handset(self.settings).inbox(PhoneNumber(number))]

    def reply(self, number: str, text: str) -> None:
        """Write back from a simulated phone."""
        wiring.handset(self.settings).reply(PhoneNumber(number), text)
