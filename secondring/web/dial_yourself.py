"""For whoever would call a patient back and has no phone that rings: the number, to dial elsewhere."""

from collections.abc import Callable

from starlette.responses import Response

from secondring.domain.phone import spoken_form
from secondring.domain.ports import Books
from secondring.domain.records import Task
from secondring.domain.urgent_begin import may_be_called
from secondring.domain.urgent_case import UrgentCase
from secondring.web.entrance import refusal
from secondring.web.screens import Visit


async def dial_yourself(
    visit: Visit, find: Callable[[Books], Task | UrgentCase], missing: str = ""
) -> Response:
    """Nobody is rung, and the patient is not out of reach for it. That the number is shown is written down first.

    `missing`: what is the matter with their phone; left out, their account has none.
    """
    rules = visit.desk.rules

    def work(books: Books) -> str:
        found = find(books)
        if found.caller is None or not may_be_called(found.caller, rules):
            return ""
        books.add_audit(
            visit.entry("reveal", "whole number, no phone here", about=found.episode, site=found.site)
        )
        return spoken_form(found.caller, rules.site(found.site).region)

    number = await visit.write(work)
    dial = f"Dial {number} on any phone. " if number else ""
    missing = missing or (
        "Your account has no phone that could ring first. An administrator adds it:"
        f" Settings › People, or secondring user phone {visit.user.name} PHONE."
    )
    return refusal(visit, 409, dial + missing)
