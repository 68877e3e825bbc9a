"""Holds a tree of values against the schema; every mistake becomes a problem with its place and remedy."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from itertools import chain

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.booking import build_timetable, visits_that_never_fit
from config.choosing import cautions_of_carriers, slips_of_carriers
from config.doors import open_doors
from config.ladders import cautions, deadly_settings
from config.problems import KeyPath, Problem, dotted, may_show, shown
from config.retention import rash
from config.schema import Configuration
from config.sites import box_of, slips_of_sites
from config.tree import Tree
from config.unknown import is_expected, remedy_for_unknown
from config.walk import carrier_kinds, field_at, without_kind
from secondring.domain.hosts import is_loopback

_WHAT = {
    "missing": "is missing",
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "string_type": "is not a single value",
    "tuple_type": "is not a list",
    "frozen_set_type": "is not a list",
    "dict_type": "is not a mapping of keys and values",
    "model_type": "is not a mapping of keys and values",
    "model_attributes_type": "is not a mapping of keys and values",
    "extra_forbidden": "is a key that does not exist",
    "too_short": "needs at least one entry",
    "union_tag_not_found": "does not say its kind",
    "union_tag_invalid": "is no kind of carrier",
    "float_parsing": "is not a number",
    "float_type": "is not a number",
}

LACKING = ("missing", "too_short")


def validate(tree: Tree) -> tuple[Configuration | None, list[Problem]]:
    """The configuration, or what keeps it from being one."""
    try:
        found = Configuration.model_validate(tree.values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        slips, rest = _misspelt_sites(tree, details)
        told = (_problems(tree, detail) for detail in rest if not _follows(detail, rest))
        return None, [*slips, *chain.from_iterable(told)]
    return found, list(_contradictions(found, tree))


def slips_in_part(tree: Tree) -> list[Problem]:
    """What is wrong with what could be read, where some of it could not: nothing is said to be missing."""
    try:
        Configuration.model_validate(tree.values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        wrong = (detail for detail in details if detail["type"] not in LACKING)
        return list(chain.from_iterable(_problems(tree, detail) for detail in wrong))
    return []


def warnings(found: Configuration, tree: Tree) -> list[Problem]:
    """What may be meant, and should be known before it matters."""
    return [problem_at(tree, *slip) for slip in (*cautions(found), *cautions_of_carriers(found))]


def _misspelt_sites(tree: Tree, details: list[ErrorDetails]) -> tuple[list[Problem], list[ErrorDetails]]:
    """A site that lacks what every site has, and is called nearly like another: that one was meant."""
    sites = [part for part in tree.value(("sites",)) or () if isinstance(part, str)]
    lacking = {
        d["loc"][1]
        for d in details
        if d["type"] == "missing" and d["loc"][0] == "sites" and len(d["loc"]) == 3
    }
    meant = {
        name: near[0]
        for name in sites
        if name in lacking
        and (near := get_close_matches(name, [other for other in sites if other not in lacking], n=1))
    }
    slips = [
        problem_at(
            tree,
            ("sites", name),
            "is a site without name, phone and zone",
            f"Did you mean {near}? If it is another site, say all of it.",
        )
        for name, near in meant.items()
    ]
    return slips, [
        d for d in details if d["loc"][0] != "sites" or len(d["loc"]) < 2 or d["loc"][1] not in meant
    ]


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """A list counts as short when its entries are refused: then those are the mistake."""
    at = detail["loc"]
    inside = (other["loc"] for other in details if len(other["loc"]) > len(at))
    return detail["type"] == "too_short" and any(loc[: len(at)] == at for loc in inside)


def problem_at(tree: Tree, path: KeyPath, what: str, remedy: str) -> Problem:
    """A problem with the value that stands at a path."""
    value = shown(tree.value(path)) if may_show(path) else None
    return Problem(place=tree.place(path), path=path, what=what, remedy=remedy, value=value)


def _problems(tree: Tree, detail: ErrorDetails) -> Iterator[Problem]:
    """What pydantic tells of one value: usually one problem, several where its reader found several."""
    context = detail.get("ctx", {})
    at = tuple(part for part in detail["loc"] if part != "[key]")
    if detail["type"] == "refused":
        for slip in (context, *context.get("also", ())):
            yield problem_at(tree, without_kind((*at, *slip["at"])), slip["what"], slip["remedy"])
        return
    path = without_kind(at)
    if detail["type"] == "union_tag_invalid":
        path = (*path, "kind")
        yield problem_at(tree, path, _what(detail), _remedy_for_kind(tree.value(path)))
    elif detail["type"] == "extra_forbidden":
        yield _of_unknown(tree, path, at)
    else:
        yield problem_at(tree, path, _what(detail), _remedy(detail["type"], at))


def _of_unknown(tree: Tree, path: KeyPath, at: KeyPath) -> Problem:
    """What stands at a key that nobody knows may be a secret that somebody pasted: it is shown only where people are
    known to write that key for another one, which holds none.
    """
    name = str(at[-1])
    told = problem_at(tree, path, _WHAT["extra_forbidden"], remedy_for_unknown(name, at))
    if told.value is None or is_expected(name, at):
        return told
    return replace(told, what=f"{told.what}, and its value is not shown, for it may be a secret", value=None)


def _what(detail: ErrorDetails) -> str:
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "literal_error" | "enum":
            return f"is none of {limits['expected']}"
        case "greater_than_equal":
            return f"is less than {limits['ge']}"
        case "greater_than":
            return f"is not more than {limits['gt']}"
        case "less_than_equal":
            return f"is more than {limits['le']}"
        case "string_too_long":
            return f"is longer than {limits['max_length']} characters"
        case kind:
            return _WHAT.get(kind) or f"is not right: {detail['msg']}"


def _remedy(kind: str, path: KeyPath) -> str:
    name = str(path[-1]) if path else ""
    if kind == "union_tag_not_found":
        return f"Write for example `kind: http`; there are {', '.join(carrier_kinds())}."
    info = field_at(path)
    if info is None or not info.examples:
        return "See docs/configuration.md."
    whole = next((p for p in reversed(path) if isinstance(p, str)), name)
    return f"{'Add' if kind == 'missing' else 'Write'} for example `{whole}: {info.examples[0]}`."


def _remedy_for_kind(said: object) -> str:
    kinds = carrier_kinds()
    near = get_close_matches(said.lower(), kinds, n=1) if isinstance(said, str) else []
    meant = f"Did you mean {near[0]}? There" if near else "There"
    return f"{meant} are {', '.join(kinds)}."


def _contradictions(found: Configuration, tree: Tree) -> Iterator[Problem]:
    """What each key alone cannot tell."""
    yield from _shared_dids(found, tree)
    yield from _double_days(found, tree)
    yield from _calendars(found, tree)
    yield from _mail(found, tree)
    yield from _logins(found, tree)
    for slip in slips_of_carriers(found, tree):
        yield problem_at(tree, *slip)
    with_ladder = next(
        (name for name, site in found.sites.items() if site.triage and not box_of(found, name)), None
    )
    if with_ladder and found.ami_dial.secret_file is None:
        yield problem_at(
            tree,
            ("ami_dial", "secret_file"),
            f"is missing, and {dotted(('sites', with_ladder))} has a triage ladder",
            "Name the file of the second manager account's secret; `secondring render manager` shows the account.",
        )
    for slip in (*deadly_settings(found), *open_doors(found), *slips_of_sites(found), *rash(found)):
        yield problem_at(tree, *slip)
    if not found.ami.tls and not is_loopback(found.ami.host):
        yield problem_at(
            tree,
            ("ami", "host"),
            "is another machine, and the link is not encrypted",
            "Set ami.tls to true (and tlsenable = yes in the PBX's manager.conf).",
        )


def _mail(found: Configuration, tree: Tree) -> Iterator[Problem]:
    mail = found.mail
    if mail.host is None:
        if found.alarms.mail:
            what, remedy = "is missing, and alarms.mail names somebody", "Add the mail server's name."
            yield problem_at(tree, ("mail", "host"), what, remedy)
        if found.digest.owner:
            what, remedy = "is missing, and digest.owner names somebody", "Add the mail server's name."
            yield problem_at(tree, ("mail", "host"), what, remedy)
        return
    if mail.sender is None:
        what, remedy = "is missing, and mail.host is there", "Add the address that our e-mail comes from."
        yield problem_at(tree, ("mail", "sender"), what, remedy)
    if mail.security == "none" and not is_loopback(mail.host):
        what, remedy = "is another machine, and the link is not encrypted", "Set mail.security to starttls."
        yield problem_at(tree, ("mail", "host"), what, remedy)


def _logins(found: Configuration, tree: Tree) -> Iterator[Problem]:
    for name, keys in (("mail", found.mail), ("mqtt", found.mqtt)):
        if keys.host is not None and (keys.user is None) is not (keys.password_file is None):
            missing = "password_file" if keys.password_file is None else "user"
            there = "user" if keys.password_file is None else "password_file"
            what = f"is missing, and {name}.{there} is there"
            yield problem_at(tree, (name, missing), what, "Give both, or neither.")
    mqtt = found.mqtt
    if mqtt.host is not None and not mqtt.tls and not is_loopback(mqtt.host):
        what, remedy = "is another machine, and the link is not encrypted", "Set mqtt.tls to true."
        yield problem_at(tree, ("mqtt", "host"), what, remedy)


def _shared_dids(found: Configuration, tree: Tree) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for name, site in found.sites.items():
        for place, number in enumerate(site.dids or (site.phone,)):
            first = owner.setdefault(number.e164, name)
            path: KeyPath = ("sites", name, "dids", place) if site.dids else ("sites", name, "phone")
            if first != name:
                yield problem_at(
                    tree, path, f"rings at {dotted(('sites', first))} too", "A DID belongs to one site only."
                )


def _double_days(found: Configuration, tree: Tree) -> Iterator[Problem]:
    for name, site in found.sites.items():
        for day in sorted(site.holidays.keys() & site.special_days.keys()):
            path: KeyPath = ("sites", name, "special_days", day.isoformat())
            yield problem_at(tree, path, "is a holiday as well", "Keep it in one of the two.")


LONGEST_HORIZON = timedelta(days=180)
"""Half a year of open times fits on a page; more than that slows every look at it."""


def _calendars(found: Configuration, tree: Tree) -> Iterator[Problem]:
    for name, site in found.sites.items():
        timetable = build_timetable(site.calendar, site.zone, site.hours, {})
        if timetable is None:
            continue
        at: KeyPath = ("sites", name, "calendar")
        if timetable.horizon > LONGEST_HORIZON:
            yield problem_at(tree, (*at, "horizon"), "is longer than half a year", "Write 180d or less.")
        if timetable.lead >= timetable.horizon:
            yield problem_at(
                tree, (*at, "lead"), "leaves no time before the horizon", "Make lead shorter than horizon."
            )
        for visit in visits_that_never_fit(timetable):
            yield problem_at(
                tree,
                (*at, "visits", visit, "length"),
                "is longer than every period in which such a visit may take place",
                "Shorten it, or lengthen the calendar's hours.",
            )
