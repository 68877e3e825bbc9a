"""Templates, and how they say times and numbers. All that comes from outside is escaped."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from secondring.domain.labels import title_in_words, value_name
from secondring.domain.phone import PhoneNumber, spoken_form
from secondring.domain.rules import Site
from secondring.domain.settings import Value, written
from secondring.domain.staff import Stage, masked_form
from secondring.domain.story import soon
from secondring.domain.tally import Dimension
from secondring.web.assets import address_of
from secondring.web.menu import menu
from secondring.web.sayings import SAYINGS
from secondring.web.tokens import form_token

if TYPE_CHECKING:
    from secondring.web.screens import Visit

TEMPLATES = Path(__file__).parent / "templates"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = address_of
    made.filters |= {
        "clock": clock,
        "moment": moment,
        "exact": exact,
        "soon": lambda at, site, now: _small(soon(at, now, site)),
        "titled": title_in_words,
        "masked": masked_form,
        "whole": whole,
        "span": span,
        "reason": lambda value: value_name(Dimension.REASON, value or ""),
        "intent": lambda value: value_name(Dimension.INTENT, value or ""),
        "outcome": lambda value: value_name(Dimension.OUTCOME, value or ""),
        "key": written,
        "plainly": plainly,
    }
    return made


def _small(time: str) -> str:
    """As all times on the pages: `4:30 pm`."""
    return time.replace("AM", "am").replace("PM", "pm")


def draw(template: str, visit: "Visit", values: Mapping[str, Any]) -> str:
    """The page. Every template may use `visit`, `now`, `csrf`, `menu`, `said` and `shadow`."""
    said = SAYINGS.get(visit.request.cookies.get("__Host-said", ""), "")
    common = {
        "visit": visit,
        "now": visit.now,
        "csrf": form_token(visit.token) if visit.token else "",
        "menu": menu(visit.user) if visit.has_come_in else (),
        "said": said,
        "idle": idle_seconds(visit),
        "shadow": visit.somebody is not None and visit.desk.rules.shadow,
    }
    return _templates().get_template(template).render(common | dict(values))


def piece(template: str, values: Mapping[str, Any]) -> Markup:
    """A part of a page that is the same for several visitors; it gets these values and nothing else."""
    return Markup(_templates().get_template(template).render(values))  # noqa: S704 - drawn with everything escaped


def idle_seconds(visit: "Visit") -> int:
    """How long this page may lie idle until its log-in is over; 0 where nobody has logged in."""
    if visit.somebody is None or visit.session.stage is not Stage.FULL:
        return 0
    rules = visit.desk.logins
    left = min(rules.idle - rules.touch, visit.session.created_at + rules.absolute - visit.now)
    return max(int(left.total_seconds()), 1)


# ---------------------------------------------------------------- times, as people say them


def clock(at: datetime, site: Site) -> str:
    """`9:02 am`, where the site is."""
    return at.astimezone(ZoneInfo(site.hours.zone)).strftime("%-I:%M %p").lower()


def moment(at: datetime, site: Site, now: datetime) -> str:
    """`9:02 am`, `yesterday 9:02 am`, `Mon 9:02 am`, `Mar 2, 9:02 am`; also ahead."""
    zone = ZoneInfo(site.hours.zone)
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    told = clock(at, site)
    if days == 0:
        return told
    if days == -1:
        return f"yesterday {told}"
    if days == 1:
        return f"tomorrow {told}"
    local = at.astimezone(zone)
    return f"{local:%a} {told}" if abs(days) < 7 else f"{local:%b} {local.day}, {told}"


def exact(at: datetime, site: Site) -> str:
    """To the second, for whoever hovers."""
    return at.astimezone(ZoneInfo(site.hours.zone)).strftime("%Y-%m-%d %H:%M:%S %Z")


def span(time: timedelta) -> str:
    """`38 s`, `4 min`, `2 h 10 min`, `3 days`."""
    seconds = max(int(time.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    hours, minutes = divmod(seconds // 60, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days = hours // 24
    return "1 day" if days == 1 else f"{days} days"


def plainly(value: Value) -> str:
    """A value of the settings in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def whole(number: PhoneNumber | None, region: str) -> str:
    """A number as people dial it."""
    return spoken_form(number, region) if number else "no number"
