"""The life of an episode: its texts, tasks and timers, and how it ends.

Every function works inside the transaction whose books it is handed.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain.hours import due
from secondring.domain.ids import CallId, EpisodeId, JobKey, TextId, task_id, text_id
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import (
    RECOVERED,
    Call,
    DecisionRecord,
    Episode,
    Job,
    Origin,
    Outcome,
    Task,
    TaskState,
    Text,
    TextState,
)
from secondring.domain.rules import FRONT_DESK, TRIAGE, Clock, Site
from secondring.domain.senders import sender_for

SEND_TEXT, WINDOW, LINK_SILENCE, REMINDER = "send-text", "window", "link-silence", "reminder"
TIMERS = (WINDOW, LINK_SILENCE, REMINDER)
"""Kinds of jobs that belong to an episode; SEND_TEXT belongs to a text."""
CLOSED_BY_TALKING = (FRONT_DESK, TRIAGE)
"""Queues whose tasks are to reach the caller; the others have something to get done for them."""
URGENT = "URGENT: "
"""How a title begins that says why a task is urgent."""
SPOKEN_SINCE, OPTED_OUT = "spoken with since", "wrote STOP: no texts, call"
"""What a task says of its caller beside what is to be done."""
OPT_OUT_TEMPLATE, HELP_TEMPLATE, STAFF_ALERT, ALARM_TEXT = "opt-out", "help", "staff-alert", "alarm"
ALERT_NOBODY, ALERT_LEFT = "staff-alert-nobody", "staff-alert-left"
"""What the ladder tells staff later: that nobody took the call, and that it has stopped trying."""
STAFF_ALERTS = (STAFF_ALERT, ALERT_NOBODY, ALERT_LEFT)
CARRIER_TEST = "carrier-test"
TO_STAFF = (*STAFF_ALERTS, ALARM_TEXT, CARRIER_TEST)
"""What goes to the clinic's own people, and to no patient."""
ASKED_LINK, ASKED = "asked-link", "asked"
ASKED_FOR = (ASKED_LINK, ASKED)
"""What a caller who pressed 1 gets while on the line; without a link where a site has no booking page."""


FIRST = "first-"
"""How the names of the texts after a missed call begin."""


def waits_for_hang_up(template: str) -> bool:
    """The text after a missed call: of no use to a caller who is on the line."""
    return template.startswith(FIRST)


def is_first(template: str) -> bool:
    """The text that brings a caller back: a person calls when it does not reach them."""
    return waits_for_hang_up(template) or template in ASKED_FOR


def is_waiting(text: Text, now: datetime) -> bool:
    """It has not gone, and may still be held or called off: so that shadow mode decides as it would be."""
    return text.state is TextState.QUEUED or (text.state is TextState.WITHHELD and text.due_at > now)


def origin_of_missed(site: Site) -> Origin:
    """What a missed call opens: in shadow mode an episode that is counted apart."""
    return Origin.SHADOW if site.shadow else Origin.CALL


def open_here(books: Books, caller: PhoneNumber, site: Site) -> list[Episode]:
    """The open episodes of a caller at a site, newest first. Once the site is live, those of shadow mode look after
    nobody: their callers heard nothing from us, and the next missed call is texted."""
    found = (episode for episode in books.open_episodes(caller) if episode.site == site.id)
    return [episode for episode in found if site.shadow or episode.origin is not Origin.SHADOW]


def send_key(text: TextId) -> JobKey:
    return JobKey(f"{SEND_TEXT}:{text}")


def timer_key(kind: str, episode: EpisodeId) -> JobKey:
    return JobKey(f"{kind}:{episode}")


def note(
    books: Books,
    at: datetime,
    action: str,
    rule: str,
    because: str,
    *,
    episode: EpisodeId | None = None,
    call: CallId | None = None,
    text: TextId | None = None,
) -> None:
    """Keep a decision; `because` must name no number and no text."""
    books.add_decision(
        DecisionRecord(
            at=at, action=action, rule=rule, because=because, episode=episode, call=call, text=text
        )
    )


def set_timer(books: Books, kind: str, episode: EpisodeId, due_at: datetime) -> None:
    """Plan a timer, or move it when it exists."""
    key = timer_key(kind, episode)
    if not books.add_job(Job(key=key, kind=kind, ref=episode, due_at=due_at)):
        books.move_job(key, due_at)


def drop_timer(books: Books, kind: str, episode: EpisodeId) -> None:
    """Forget a timer; nothing happens when it does not run."""
    books.drop_job(timer_key(kind, episode))


def queue_text(
    books: Books,
    episode: Episode,
    site: Site,
    template: str,
    body: str,
    *,
    now: datetime,
    due_at: datetime,
    to: PhoneNumber | None = None,
) -> Text:
    """Write a text and the job that sends it; in shadow mode the text alone. `to` is the caller unless it goes to
    staff."""
    patient = to or episode.caller
    if patient is None:
        raise ValueError(f"episode {episode.id} has no number to text")
    thread = books.texts_of(episode.id)
    number = sum(1 for text in thread if text.outgoing)
    text = Text(
        id=text_id(episode.id, f"{number}:{template}"),
        episode=episode.id,
        site=site.id,
        outgoing=True,
        patient=patient,
        ours=sender_for(site, patient, episode.did, thread),
        body=body,
        template=template,
        state=TextState.WITHHELD if site.shadow else TextState.QUEUED,
        created_at=now,
        due_at=due_at,
    )
    books.save_text(text)
    if not site.shadow:
        books.add_job(Job(key=send_key(text.id), kind=SEND_TEXT, ref=text.id, due_at=due_at))
    return text


def cancel_text(books: Books, text: Text, now: datetime, because: str) -> None:
    """Call back a text that has not gone to the carrier; one that has stays as it is."""
    if not is_waiting(text, now):
        return
    books.save_text(replace(text, state=TextState.CANCELLED, settled_at=now, note=because))
    books.drop_job(send_key(text.id))
    note(books, now, "cancel-text", "cancelled", because, episode=text.episode, text=text.id)


def cancel_texts(books: Books, episode: EpisodeId, now: datetime, because: str) -> None:
    """Call back whatever still waits to be sent to the caller, except the confirmation of an opt-out."""
    for text in books.texts_of(episode):
        if text.outgoing and text.template not in (OPT_OUT_TEMPLATE, *TO_STAFF):
            cancel_text(books, text, now, because)


def open_task(
    books: Books,
    episode: Episode,
    site: Site,
    queue: str,
    clock: Clock,
    title: str,
    *,
    now: datetime,
    said: str = "",
    urgent: bool = False,
) -> Task:
    """Give work to people: a new task, or one more line on the open one in that queue."""
    tasks = books.tasks_of(episode.id)
    due_at = due(site.hours, clock, now)
    for task in tasks:
        if task.queue == queue and task.state is not TaskState.DONE:
            return _join_task(books, task, title, said, due_at, urgent=urgent)
    task = Task(
        id=task_id(episode.id, queue, len(tasks)),
        episode=episode.id,
        site=site.id,
        queue=queue,
        caller=episode.caller,
        title=title,
        said=said,
        urgent=urgent,
        created_at=now,
        due_at=due_at,
    )
    books.save_task(task)
    return task


def _join_task(books: Books, task: Task, title: str, said: str, due_at: datetime, *, urgent: bool) -> Task:
    lines = [line for line in (task.said, said) if line]
    joined = replace(
        task,
        title=_joined(task.title, title),
        said="\n".join(lines),
        due_at=min(task.due_at, due_at),
        urgent=task.urgent or urgent,
    )
    books.save_task(joined)
    return joined


def _joined(title: str, more: str) -> str:
    """One more wish of the caller's. Of why it is urgent only the newest is told, first; the story has the others."""
    if more in title:
        return title
    if not more.startswith(URGENT):
        return f"{title}; {more}"
    return "; ".join([more, *(part for part in title.split("; ") if not part.startswith(URGENT))])


def open_tasks(books: Books, episode: EpisodeId) -> list[Task]:
    """The tasks of an episode that are not done."""
    return [task for task in books.tasks_of(episode) if task.state is not TaskState.DONE]


def close_tasks(books: Books, episode: EpisodeId, now: datetime, because: str, *, urgent: bool) -> None:
    """A conversation is what the desk's rows wait for. A bill or a refill is not settled by it: those rows
    stay, and say that the caller was spoken with. `urgent` rows close only where somebody did speak."""
    for task in open_tasks(books, episode):
        if task.urgent and not urgent:
            continue
        if task.urgent or task.queue in CLOSED_BY_TALKING:
            finish_task(books, task, now, because)
        else:
            remark(books, task, SPOKEN_SINCE)


def remark(books: Books, task: Task, words: str) -> None:
    """Say something more on a task, once."""
    if words not in task.title:
        books.save_task(replace(task, title=f"{task.title}; {words}"))


def finish_task(books: Books, task: Task, now: datetime, because: str) -> None:
    """Take one row off the lists."""
    books.save_task(replace(task, state=TaskState.DONE, closed_at=now, closed_because=because))


def close(
    books: Books,
    episode: Episode,
    outcome: Outcome,
    rule: str,
    because: str,
    now: datetime,
    *,
    keep_tasks: bool = False,
) -> None:
    """End an episode, once: nothing more is sent and no timer runs on.

    `keep_tasks` leaves on the lists what the outcome does not settle.
    """
    if not episode.is_open:
        return
    books.save_episode(replace(episode, closed_at=now, outcome=outcome))
    cancel_texts(books, episode.id, now, because)
    for kind in TIMERS:
        drop_timer(books, kind, episode.id)
    if outcome in RECOVERED and not keep_tasks:
        close_tasks(books, episode.id, now, because, urgent=outcome is not Outcome.BOOKED)
    note(books, now, "close", rule, because, episode=episode.id)


def spoken_with(
    books: Books, episode: Episode, rule: str, because: str, now: datetime, *, since: datetime | None = None
) -> None:
    """A person has spoken with the caller: that is what it was all for. Bills and refills stay open. `since` is when
    the two began to talk, where it takes a while to know that it is a talk.
    """
    if episode.urgent_at is not None and episode.urgent_reached_at is None:
        episode = replace(episode, urgent_reached_at=since or now)
        books.save_episode(episode)
        close(books, episode, Outcome.URGENT_CONNECTED, rule, because, now)
    else:
        close(books, episode, Outcome.REACHED, rule, because, now)


def asked_in(books: Books, call: Call) -> Episode | None:
    """The open episode of a text that the caller asked for during this very call."""
    episode = books.episode(call.episode) if call.episode else None
    return episode if episode and episode.is_open else None


def missed_after_asking(books: Books, episode: Episode, call: Call, site: Site, now: datetime) -> None:
    """They have their text already; now it is a missed call, and counts as one."""
    origin = origin_of_missed(site) if episode.texted_at is None else Origin.CALL
    counted = replace(episode, origin=origin, calls=episode.calls + 1)
    books.save_episode(replace(counted, did=call.did or None, queue=call.queue, reason=call.reason))
    books.save_call(call)
    because = "the caller asked for a text during the call and got it: no second one"
    if episode.urgent_at is not None:
        because = "the caller pressed the key for urgent: the ladder looks after them"
    note(books, now, "join", "asked-in-the-call", because, episode=episode.id, call=call.id)


def reopen(
    books: Books,
    episode: Episode,
    now: datetime,
    window: timedelta,
    because: str = "the caller wrote after the episode had ended",
) -> Episode:
    """They came back after we had given up: the episode goes on."""
    again = replace(episode, closed_at=None, outcome=None, window_ends_at=now + window)
    books.save_episode(again)
    set_timer(books, WINDOW, again.id, again.window_ends_at)
    note(books, now, "reopen", "came-back", because, episode=again.id)
    return again
