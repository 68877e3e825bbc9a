"""What a decision about a text depends on, gathered from the books."""

from datetime import datetime, timedelta

from secondring.domain.consent import standing
from secondring.domain.episodes import open_here
from secondring.domain.ports import Books
from secondring.domain.records import Call
from secondring.domain.routing import Circumstances
from secondring.domain.rules import Rules, Site

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MASKED = "numbers are withheld by a note"
"""The bookmark that says so of this PBX's carrier."""


def remember_masked(books: Books, now: datetime) -> None:
    """This PBX's carrier passes on numbers that callers withheld: whoever does not see the PBX's note cannot know."""
    if books.bookmark(MASKED) is None:
        books.keep_bookmark(MASKED, now.isoformat())


def circumstances(books: Books, rules: Rules, call: Call, site: Site, now: datetime) -> Circumstances:
    """How things stand with a caller and a site right now."""
    caller = call.caller
    opted_out = caller is not None and not standing(books.consent(caller)).may_text
    mine = open_here(books, caller, site) if caller else []
    guards = rules.guards
    a_day, a_minute = now - DAY, now - MINUTE
    return Circumstances(
        call=call,
        site=site,
        now=now,
        rules=rules,
        opted_out=opted_out,
        line=books.known_line(caller) if caller else None,
        episode=mine[0] if mine else None,
        may_be_withheld=(call.late or call.partial) and books.bookmark(MASKED) is not None,
        texts_to_caller_today=books.count_texts_out(
            since=a_day, to=caller, at_most=guards.per_number_per_day, withheld=site.shadow
        ),
        storm_at_site=books.has_texts_out(guards.per_site_per_minute, since=a_minute, site=site.id),
        storm=books.has_texts_out(guards.all_per_minute, since=a_minute),
    )
