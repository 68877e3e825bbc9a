"""One episode on one page: what happened and why, what was written, and a box to answer in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, RedirectResponse, Response

from secondring.domain import consent, episodes, worklist
from secondring.domain.by_hand import STAFF_REPLY
from secondring.domain.errors import NotNow
from secondring.domain.handling import mark
from secondring.domain.ids import EpisodeId
from secondring.domain.plain_story import PlainTeller
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Task, TaskState, Text, TextState
from secondring.domain.rules import QUEUES, Site
from secondring.domain.staff import CALLS_PATIENTS, Role
from secondring.web.screens import Refused, Visit, action, not_here, page
from secondring.web.work import (
    QUEUE_WORDS,
    RESULT_WORDS,
    SNOOZE_WORDS,
    WORKERS,
)

MOST_PARTS = 3
LONGEST = 1000
SEES_ALL = frozenset({Role.FRONT_DESK, Role.NURSE, Role.MANAGER})
_EPISODE = re.compile(r"E-[a-z0-9]{1,20}")

GONE = "(removed: what was said is kept for a limited time)"
STATE_WORDS = {
    TextState.QUEUED: "waiting to be sent",
    TextState.SENDING: "being sent",
    TextState.UNKNOWN: "being looked up at the carrier",
    TextState.ACCEPTED: "sent",
    TextState.DELIVERED: "delivered",
    TextState.FAILED: "failed",
    TextState.CANCELLED: "not sent",
    TextState.WITHHELD: "not sent: shadow mode",
    TextState.RECEIVED: "",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the story: a line, a text, or a note."""

    at: datetime
    kind: str
    """`line`, `out`, `in` or `note`."""
    words: str
    state: str = ""
    by: str = ""
    why: str = ""
    """What `explain` says of a line."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A task that is done, and may be put back by whoever may do it."""

    task: Task
    because: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """All of the page."""

    episode: Episode
    site: Site
    items: list[Item]
    rows: list[worklist.Row]
    """What is still to be done."""
    closed: list[Closed]
    standing: consent.Standing
    names: dict[str, str]
    colleagues: list[tuple[str, str]]


def look(books: Books, visit: Visit, wanted: str) -> Conversation:
    """Read it, when it is one of theirs."""
    episode = visible_episode(books, visit, wanted)
    site = visit.desk.rules.site(episode.site)
    tasks = [task for task in books.tasks_of(episode.id) if worklist.may_see(visit.user, task)]
    to_do = [task for task in tasks if task.state is not TaskState.DONE]
    users = books.users()
    names = {user.name: user.shown for user in users}
    teller = PlainTeller(visit.desk.rules, names)
    return Conversation(
        episode=episode,
        site=site,
        items=_items(books, episode, teller, names),
        rows=worklist.rows(books, to_do, visit.desk.rules, visit.now),
        closed=[Closed(task, teller.closing(task)) for task in tasks if task.state is TaskState.DONE],
        standing=(
            consent.standing(books.consent(episode.caller), site.hours.zone)
            if episode.caller
            else consent.NEVER_ASKED
        ),
        names=names,
        colleagues=[
            (user.name, user.shown)
            for user in users
            if user.is_active and user.sees(site.id) and user.may(WORKERS)
        ],
    )


def visible_episode(books: Books, visit: Visit, wanted: str) -> Episode:
    """The episode, when its site is theirs and so is it: billing sees those with something to bill."""
    episode = books.episode(EpisodeId(wanted)) if _EPISODE.fullmatch(wanted) else None
    if episode is None or not visit.user.sees(episode.site):
        not_here()
    if not visit.user.may(SEES_ALL) and not _has_row_of_theirs(books.tasks_of(episode.id), visit):
        not_here()
    return episode


def _has_row_of_theirs(tasks: list[Task], visit: Visit) -> bool:
    return any(worklist.may_see(visit.user, task) for task in tasks)


def _items(books: Books, episode: Episode, teller: PlainTeller, names: Mapping[str, str]) -> list[Item]:
    told = teller.of_episode(books, episode)
    items = [Item(line.at, "line", line.words, why=line.why) for line in told]
    gone = GONE if episode.cleared else ""
    items += [
        _text(text, gone) for text in books.texts_of(episode.id) if text.template not in episodes.STAFF_ALERTS
    ]
    items += [
        Item(note.at, "note", note.words or gone, by=names.get(note.by, note.by))
        for note in books.notes_of(episode.id)
    ]
    return sorted(items, key=lambda item: item.at)


def _text(text: Text, gone: str) -> Item:
    state = STATE_WORDS[text.state] + (f": {text.note}" if text.note else "")
    return Item(text.created_at, "out" if text.outgoing else "in", text.body or gone, state=state)


def shows_number(visit: Visit, episode: EpisodeId) -> bool:
    """Whole numbers for those who call patients; for others when they have asked, which is written down."""
    by_hand = visit.desk.revealed.is_revealed(visit.session.token_hash, episode, visit.now)
    return visit.user.may(CALLS_PATIENTS) or by_hand


# ---------------------------------------------------------------- pages


async def show(visit: Visit) -> Response:
    """The whole page."""
    return await _draw(visit)


async def _draw(visit: Visit, *, status: int = 200, written: str | None = None, wrong: str = "") -> Response:
    wanted = visit.request.path_params["episode"]
    found = await visit.read(lambda books: look(books, visit, wanted))
    await _note_view(visit, found)
    ready = visit.desk.texting.ready_made(found.site, found.episode.language, visit.now)
    if written is None:
        use = visit.request.query_params.get("use", "")
        written = next((words for name, words in ready if name == use), "")
    return visit.render(
        "conversation.html",
        status=status,
        wrong=wrong,
        written=written,
        check=visit.desk.texting.check(written),
        ready=ready,
        **_values(visit, found),
    )


async def _note_view(visit: Visit, found: Conversation) -> None:
    await visit.seen("conversation", about=found.episode.id, site=found.site.id)
    visit.desk.shown.add(visit.session.token_hash, [f"conversation {found.episode.id}"])


def _values(visit: Visit, found: Conversation) -> dict[str, Any]:
    return {
        "c": found,
        "site": found.site,
        "mark": mark,
        "shows_number": shows_number(visit, found.episode.id),
        "queues": QUEUES,
        "queue_words": QUEUE_WORDS,
        "result_words": RESULT_WORDS,
        "snooze_words": SNOOZE_WORDS,
        "can_call": visit.desk.telephone is not None,
        "longest": LONGEST,
    }


async def told(visit: Visit) -> Response:
    """The story alone, for a screen that follows what happens."""
    return await _piece(visit, "story.html")


async def to_do(visit: Visit) -> Response:
    """What is left to do alone, likewise."""
    return await _piece(visit, "to_do.html")


async def _piece(visit: Visit, template: str) -> Response:
    wanted = visit.request.path_params["episode"]
    found = await visit.read(lambda books: look(books, visit, wanted))
    if visit.desk.shown.new(visit.session.token_hash, [f"conversation {found.episode.id}"]):
        await _note_view(visit, found)
    return visit.render(template, **_values(visit, found))


async def reveal(visit: Visit) -> Response:
    """Show the whole number for some minutes, and write down that it was shown."""
    wanted = visit.request.path_params["episode"]

    def work(books: Books) -> Episode:
        episode = visible_episode(books, visit, wanted)
        books.add_audit(visit.entry("reveal", "whole number", about=episode.id, site=episode.site))
        return episode

    episode = await visit.write(work)
    visit.desk.revealed.reveal(visit.session.token_hash, episode.id, visit.now)
    return RedirectResponse(f"/conversation/{episode.id}", status_code=303)


async def reply(visit: Visit) -> Response:
    """Send a text that somebody wrote, unless it says what a text must not, or the patient wants none."""
    words = " ".join(visit.form.get("words", "").split())
    wrong = _wrong_with(visit, words)
    if wrong:
        return await _draw(visit, status=400, written=visit.form.get("words", ""), wrong=wrong)
    wanted = visit.request.path_params["episode"]
    await visit.write(lambda books: _queue(books, visit, wanted, words))
    await visit.desk.ring()
    return visit.go(f"/conversation/{wanted}", "sent")


def _wrong_with(visit: Visit, words: str) -> str:
    if not words:
        return "The text is empty."
    checked = visit.desk.texting.check(words[: LONGEST + 1])
    if len(words) > LONGEST or checked.parts > MOST_PARTS:
        return f"The text is too long: it would go out in more than {MOST_PARTS} parts."
    return " ".join(checked.wrong)


def _queue(books: Books, visit: Visit, wanted: str, words: str) -> None:
    episode = visible_episode(books, visit, wanted)
    if episode.caller is None:
        raise NotNow("There is no number to text.")
    if not consent.standing(books.consent(episode.caller)).may_text:
        raise NotNow("They asked for no more texts. Call them instead.")
    site = visit.desk.rules.site(episode.site)
    now = visit.now
    text = episodes.queue_text(books, episode, site, STAFF_REPLY, words, now=now, due_at=now)
    because = f"{visit.user.name} wrote to the caller"
    episodes.note(books, now, "staff-reply", "person", because, episode=episode.id, text=text.id)
    books.add_audit(visit.entry("change", "sent a text", about=episode.id, site=episode.site))


async def check(visit: Visit) -> Response:
    """What the page says under the box while somebody writes."""
    words = visit.form.get("words", "")[: LONGEST + 1]
    if len(words) > LONGEST:
        raise Refused(400, f"A text may have {LONGEST} characters.")
    found = visit.desk.texting.check(" ".join(words.split()))
    return JSONResponse({"parts": found.parts, "left": found.left, "wrong": list(found.wrong)})


SCREENS = (
    page("/conversation/{episode}", show, WORKERS),
    page("/conversation/{episode}/story", told, WORKERS),
    page("/conversation/{episode}/to-do", to_do, WORKERS),
    action("/conversation/{episode}/reveal", reveal, WORKERS),
    action("/conversation/{episode}/reply", reply, WORKERS),
    action("/text-check", check, WORKERS),
)
