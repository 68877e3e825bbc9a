"""Alarms: what an administrator or a nurse must learn of now, kept in the transaction that it belongs to.

A storm is one alarm: what is raised again for the same kind and site within the folding time is counted, told of
at once the first time, and with its count when that time is over. Urgent callers are people: theirs is short.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from secondring.domain import episodes
from secondring.domain.ids import AlarmId, EpisodeId, JobKey, SiteId, derived_id
from secondring.domain.phone import hide_numbers
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Job, KeptAlarm, Origin
from secondring.domain.rules import Rules

JOB = "alarm"
"""The kind of job that tells every channel of an alarm; each channel has its own kind for its own tries."""
URGENT = "urgent"
"""How the kinds begin that are about a caller who waits."""
URGENT_FOLD = timedelta(minutes=1)
"""The longest that a second urgent caller may hide behind a first."""
LONGEST = 300
"""Characters of a reason: four segments of a text."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something an administrator or a nurse must learn of now. Carries no patient's data."""

    kind: str
    because: str
    site: str = ""


def folding_time(kind: str, rules: Rules) -> timedelta:
    """How long alarms of a kind are counted as one."""
    return min(rules.alarms.fold, URGENT_FOLD) if kind.startswith(URGENT) else rules.alarms.fold


def raise_in(books: Books, alarm: Alarm, rules: Rules, now: datetime) -> None:
    """Keep an alarm in this transaction, and the job that tells of it."""
    known = books.last_alarm(alarm.kind, alarm.site)
    fold = folding_time(alarm.kind, rules)
    if known is not None and abs(now - known.raised_at) < fold:
        books.save_alarm(replace(known, count=known.count + 1, last_at=now))
        books.add_job(
            Job(key=JobKey(f"{JOB}:{known.id}:again"), kind=JOB, ref=known.id, due_at=known.raised_at + fold)
        )
        return
    kept = first(alarm, now)
    books.save_alarm(kept)
    books.add_job(Job(key=JobKey(f"{JOB}:{kept.id}"), kind=JOB, ref=kept.id, due_at=now))


def first(alarm: Alarm, now: datetime) -> KeptAlarm:
    """The alarm as it is kept when it was raised once."""
    return KeptAlarm(
        id=AlarmId(derived_id("A", alarm.kind, alarm.site, now.isoformat())),
        kind=alarm.kind,
        site=alarm.site,
        because=hide_numbers(alarm.because)[:LONGEST],
        raised_at=now,
        last_at=now,
    )


def in_words(kept: KeptAlarm) -> str:
    """One line for a log or a mail: `urgent-left at north: nobody took it (3 times since 10:14 UTC)`."""
    where = f" at {kept.site}" if kept.site else ""
    return f"{kept.kind}{where}: {kept.because}{_times(kept)}"


def _times(kept: KeptAlarm) -> str:
    return f" ({kept.count} times since {kept.raised_at:%H:%M} UTC)" if kept.count > 1 else ""


def text_supervisors(books: Books, kept: KeptAlarm, rules: Rules, now: datetime) -> None:
    """Write the texts to the supervisors' phones, and the jobs that send them."""
    if not rules.alarms.texts:
        return
    site = rules.site(SiteId(kept.site))
    episode = Episode(
        id=EpisodeId(derived_id("E", "alarm", kept.id)),
        site=site.id,
        caller=None,
        origin=Origin.ALARM,
        calls=0,
        opened_at=kept.raised_at,
        window_ends_at=kept.raised_at,
        closed_at=kept.raised_at,
    )
    books.save_episode(episode)
    body = f"Second Ring alarm, {site.name}: {kept.because}{_times(kept)}"
    for number in rules.alarms.texts:
        episodes.queue_text(books, episode, site, episodes.ALARM_TEXT, body, now=now, due_at=now, to=number)
