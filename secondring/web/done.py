"""What was done lately: rows that are off the list are found again here, and what is not done after all is put back."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from secondring.domain.plain_story import PlainTeller
from secondring.domain.ports import Books
from secondring.domain.records import Task
from secondring.domain.rules import Site
from secondring.domain.worklist import may_see
from secondring.web.screens import Visit, page
from secondring.web.work import QUEUE_WORDS, WORKERS, names_of, note_views

LATELY = timedelta(days=1)
LOOK_BACK = timedelta(days=4)
"""How long ago a caller may have been missed whose task was done lately: a weekend, and a day."""
MOST_EPISODES = 300
ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Done:
    """A task that is done."""

    task: Task
    site: Site
    because: str


def look(books: Books, visit: Visit) -> list[Done]:
    """Theirs, newest first."""
    teller = PlainTeller(visit.desk.rules, names_of(books))
    until = visit.now + timedelta(minutes=1)
    episodes = books.episodes(since=visit.now - LOOK_BACK, until=until, limit=MOST_EPISODES)
    found = [
        (task.closed_at, task)
        for episode in episodes
        if visit.shows(episode.site)
        for task in books.tasks_of(episode.id)
        if task.closed_at is not None and task.closed_at > visit.now - LATELY and may_see(visit.user, task)
    ]
    newest = sorted(found, key=lambda each: each[0], reverse=True)[:ON_A_PAGE]
    return [Done(task, visit.desk.rules.site(task.site), teller.closing(task)) for _, task in newest]


async def show(visit: Visit) -> Response:
    """The whole page."""
    found = await visit.read(lambda books: look(books, visit))
    await note_views(visit, {one.task.episode: one.site.id for one in found}, "done lately")
    return visit.render("done.html", done=found, queue_words=QUEUE_WORDS)


SCREENS = (page("/work/done", show, WORKERS),)
