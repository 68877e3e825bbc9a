"""What follows when somebody wants no more texts, or wants them again, whoever tells us: the patient by text or key,
staff who were told by voice, or a carrier that blocks.

A wish counts for the number, at every site and through every carrier, from the transaction on that keeps it.
"""

from dataclasses import replace
from datetime import datetime

from secondring.domain import consent, episodes
from secondring.domain.consent import Source
from secondring.domain.errors import NotNow
from secondring.domain.ids import EpisodeId, TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Consent, Outcome

BECAUSE = "the caller opted out"


def opt_out(
    books: Books,
    number: PhoneNumber,
    source: Source,
    now: datetime,
    *,
    words: str = "",
    by: str = "",
    announcement: str = "",
    episode: EpisodeId | None = None,
    text: TextId | None = None,
    confirmed_by: TextId | None = None,
    but: TextId | None = None,
) -> bool:
    """Keep the wish, call back what waits to be sent, and tell whoever works for this caller. True when it is news.

    `words`: what was said, whole. `by`: who wrote it down. `text`: the text that says so. `but`: the answer to it,
    which goes all the same. A block that a carrier reports again and again is kept once.
    """
    before = books.consent(number)
    news = consent.is_news(before, opting_out=True)
    if not news and source is Source.CARRIER:
        return False
    entry = replace(
        consent.opted_out(number, now, source, words),
        by=by,
        announcement=announcement,
        episode=episode,
        text=text,
        confirmed_by=confirmed_by,
    )
    books.add_consent(entry)
    _call_off(books, number, now, but)
    return news


def _call_off(books: Books, number: PhoneNumber, now: datetime, but: TextId | None) -> None:
    """Call back every text that waits for this number, at any site; not the one that confirms the opt-out."""
    for text in books.waiting_texts(number):
        if text.id != but and text.template not in (episodes.OPT_OUT_TEMPLATE, *episodes.TO_STAFF):
            episodes.cancel_text(books, text, now, BECAUSE)
    for open_episode in books.open_episodes(number):
        for task in episodes.open_tasks(books, open_episode.id):
            episodes.remark(books, task, episodes.OPTED_OUT)


def end_episodes(books: Books, number: PhoneNumber, now: datetime) -> None:
    """Close what nobody works on: no text may win them back any more."""
    for episode in books.open_episodes(number):
        if not episodes.open_tasks(books, episode.id):
            said = "the caller asked for no more texts"
            episodes.close(books, episode, Outcome.OPTED_OUT, "opted-out", said, now)


def opt_in(
    books: Books,
    number: PhoneNumber,
    source: Source,
    now: datetime,
    *,
    words: str,
    by: str = "",
    announcement: str = "",
    episode: EpisodeId | None = None,
    text: TextId | None = None,
) -> bool:
    """Keep that they want texts again: only on the patient's own request, which `words` show. True when it is news.

    Raises NotNow when staff would lift what only the patient can: a block at the carrier.
    """
    before = books.consent(number)
    blocked = before is not None and before.opted_out and before.source == Source.CARRIER
    if blocked and source is not Source.TEXT:
        raise NotNow(
            "Their carrier blocks our texts. Only they can lift that: they text START to the clinic's number."
        )
    if not words.strip():
        raise NotNow("Write down what the patient said: only their own request takes an opt-out back.")
    news = consent.is_news(before, opting_out=False)
    entry = Consent(
        number=number,
        opted_out=False,
        at=now,
        source=source.value,
        words=words,
        by=by,
        announcement=announcement,
        episode=episode,
        text=text,
    )
    books.add_consent(entry)
    return news


def told_to_staff(
    books: Books,
    number: PhoneNumber,
    who: str,
    words: str,
    now: datetime,
    *,
    wants_texts: bool,
    episode: EpisodeId | None = None,
) -> bool:
    """A person of the clinic writes down what a patient said. No text confirms it: they were told so. True when it is
    news; raises NotNow without words, or when only the patient can do it."""
    if not words.strip():
        raise NotNow("Write down what the patient said, in their words.")
    keep = opt_in if wants_texts else opt_out
    news = keep(books, number, Source.STAFF, now, words=words, by=who, episode=episode)
    action, wish = ("opt-in", "texts again") if wants_texts else ("opt-out", "no more texts")
    because = f"{who} wrote down that the caller wants {wish}"
    for each in books.open_episodes(number):
        episodes.note(books, now, action, "person", because, episode=each.id)
    if not wants_texts:
        end_episodes(books, number, now)
    return news
