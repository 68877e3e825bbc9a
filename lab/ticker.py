"""Tells what happens at the clinic while it happens: reads the books again and again, prints what is new."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books, Store
from secondring.domain.records import Call, Episode, Outcome, Task, TaskState, Text, TextState
from secondring.domain.verdict import Verdict

LOOK_EVERY = 0.2
REACHED_PHONES = (TextState.ACCEPTED, TextState.DELIVERED)

Say = Callable[[str, str], None]
"""Prints a line; the first word says what kind: call, verdict, text, reply, task, outcome."""
Named = Callable[[PhoneNumber | None], str]


class Ticker:
    """Watches the books from a thread of its own until the `with` block ends."""

    def __init__(self, store: Store, since: datetime, say: Say, named: Named) -> None:
        self._store = store
        self._since = since
        self._say = say
        self._named = named
        self._told: set[str] = set()
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="ticker")

    def __enter__(self) -> "Ticker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for(self, happened: Callable[[Books], bool], seconds: float = 15) -> None:
        """Return once the books show it and it was told, or when the time is up: a demo goes on."""
        for _ in range(int(seconds / LOOK_EVERY)):
            with self._store.reading() as books:
                if happened(books):
                    break
            self._stop.wait(LOOK_EVERY)
        self.look()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self.look()
        self.look()

    def look(self) -> None:
        """Print what is new."""
        with self._turn, self._store.reading() as books:
            far = self._since + timedelta(days=1)
            for call in reversed(books.calls(since=self._since, until=far, limit=1000)):
                self._call(books, call)
            for episode in reversed(books.episodes(since=self._since, until=far, limit=1000)):
                for text in books.texts_of(episode.id):
                    self._text(text)
                for task in books.tasks_of(episode.id):
                    self._task(task)
                self._episode(episode)

    def _once(self, key: str) -> bool:
        new = key not in self._told
        self._told.add(key)
        return new

    def _call(self, books: Books, call: Call) -> None:
        if call.verdict is None or not self._once(f"call {call.id}"):
            return
        who = self._named(call.caller)
        if call.verdict is Verdict.MISSED:
            where = f" in queue {call.queue}" if call.queue else ""
            self._say("missed", f"{who}: {call.reason}{where}" + (f" ({call.detail})" if call.detail else ""))
        elif call.verdict is Verdict.ANSWERED:
            self._say("answered", f"{who} talked to {_with_whom(books, call)}")
        elif call.reason == "outbound":
            self._say("outbound", f"the desk called {who}")

    def _text(self, text: Text) -> None:
        who = self._named(text.patient)
        if not text.outgoing:
            if self._once(f"in {text.id}"):
                self._say("reply", f"{who}: “{text.body}”")
        elif text.state in REACHED_PHONES and self._once(f"out {text.id}"):
            self._say("text", f"to {who}: {text.body}")

    def _task(self, task: Task) -> None:
        if self._once(f"task {task.id}"):
            self._say(
                "urgent" if task.urgent else "task",
                f"{task.queue}: {task.title} — {self._named(task.caller)}",
            )
        if task.state is TaskState.DONE and self._once(f"done {task.id}"):
            self._say("done", f"{task.queue}: {task.closed_because}")

    def _episode(self, episode: Episode) -> None:
        if episode.outcome is not None and self._once(f"outcome {episode.id} {episode.outcome}"):
            kind = "lost" if episode.outcome in (Outcome.UNTEXTABLE, Outcome.UNRECOVERED) else "outcome"
            self._say(kind, f"{self._named(episode.caller)}: {episode.outcome}")


def _with_whom(books: Books, call: Call) -> str:
    """A caller on the urgent ladder whom somebody accepted talked to a nurse."""
    cases = books.urgent_cases_of(call.episode) if call.episode else []
    return "a nurse" if any(case.accepted_at is not None for case in cases) else "the front desk"
