"""What a decision about a text depends on, gathered from the books."""

from datetime import datetime, timedelta

from secondring.domain.consent import standing
from secondring.domain.episodes import open_here
from secondring.domain.ids import SiteId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Call
from secondring.domain.routing import Circumstances
from secondring.domain.rules import NO_BRAKE, Rules, Site

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def circumstances(books: Books, rules: Rules, call: Call, site: Site, now: datetime) -> Circumstances:
    """How things stand with a caller and a site right now."""
    caller = call.caller
    opted_out = caller is not None and not standing(books.consent(caller)).may_text
    mine = open_here(books, caller, site) if caller else []
    guards = rules.guards
    return Circumstances(
        call=call,
        site=site,
        now=now,
        rules=rules,
        opted_out=opted_out,
        episode=mine[0] if mine else None,
        texts_to_caller_today=_texts(
            books, now - DAY, guards.per_number_per_day, to=caller, withheld=site.shadow
        ),
        texts_at_site_this_minute=_texts(books, now - MINUTE, guards.per_site_per_minute, site=site.id),
        texts_this_minute=_texts(books, now - MINUTE, guards.all_per_minute),
    )


def _texts(
    books: Books,
    since: datetime,
    cap: int,
    *,
    site: SiteId | None = None,
    to: PhoneNumber | None = None,
    withheld: bool = True,
) -> int:
    if cap >= NO_BRAKE:
        return 0
    return books.count_texts_out(since=since, site=site, to=to, at_most=cap, withheld=withheld)
