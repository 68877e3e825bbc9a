"""What a visitor sends: small forms, read strictly."""

import re
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from secondring.domain.booking_desk import Person
from secondring.domain.rules import Ask, BookingRules

BODY_LIMIT = 4096
MOST_FIELDS = 10
NAME_LENGTH = 60
OLDEST = 125
"""Years; nobody who books is older."""
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SAID = re.compile(r"(\d{1,2})[/. -]+(\d{1,2})[/. -]+(\d{4})")


class BadFormError(Exception):
    """Too long, broken off, or no form at all."""


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the last of each name; raises BadFormError."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                raise BadFormError
    except ClientDisconnect:
        raise BadFormError from None
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:
        raise BadFormError from None


def read_start(text: str) -> datetime | None:
    """The beginning of a slot, seconds since 1970; None for anything else."""
    return datetime.fromtimestamp(int(text), UTC) if re.fullmatch(r"[0-9]{9,10}", text) else None


def read_day(text: str) -> date | None:
    """A day of the address, 2026-03-03; None for anything else."""
    found = _ISO.fullmatch(text)
    return _date(*map(int, found.groups())) if found else None


def read_person(form: dict[str, str], page: BookingRules, language: str, today: date) -> Person:
    """Who comes. What is not asked for is not kept, whatever was sent; what cannot be read stays empty."""
    name = " ".join(form.get("first_name", "").split())
    fits = name.isprintable() and len(name) <= NAME_LENGTH
    return Person(
        first_name=name if fits and page.ask_name is not Ask.NO else "",
        born=None if page.ask_birth_date is Ask.NO else read_born(form.get("born", ""), language, today),
    )


def wrong_fields(form: dict[str, str], person: Person, page: BookingRules) -> frozenset[str]:
    """What is missing, or was written and cannot be read."""
    asked = (("first_name", person.first_name, page.ask_name), ("born", person.born, page.ask_birth_date))
    return frozenset(
        name
        for name, read, ask in asked
        if not read and (ask is Ask.REQUIRED or (ask is Ask.OPTIONAL and form.get(name, "").strip()))
    )


def read_born(text: str, language: str, today: date) -> date | None:
    """A date of birth as people write it here: month first in English, day first in Spanish."""
    text = text.strip()
    found = _SAID.fullmatch(text)
    if found:
        first, second, year = map(int, found.groups())
        month, day = (second, first) if language == "es" else (first, second)
        born = _date(year, month, day)
    else:
        born = read_day(text)
    return born if born and today.year - OLDEST <= born.year and born <= today else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
