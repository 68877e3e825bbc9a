"""Hours, holidays and special days of a site."""

from secondring.domain.rules import Site
from secondring.domain.settings import Path, SettingsRefused, Value, Wrong
from secondring.web.settings.area import Area, Filled, Form, refill_plainly
from secondring.web.settings.words import (
    DAY_NAMES,
    DAYS,
    dates_of,
    lines_of_dates,
    periods,
    periods_in_field,
)
from secondring.web.settings_port import View


def _keys(view: View, site: Site) -> tuple[Path, ...]:
    del view
    return tuple(("sites", site.id, name) for name in ("hours", "holidays", "special_days"))


def _fill(view: View, site: Site) -> Filled:
    week = {day: periods_in_field(site.hours.week.get(n, ())) for n, day in enumerate(DAYS)}
    hours, holidays, special = _keys(view, site)
    del hours
    return week | {
        "holidays": lines_of_dates(view.value(holidays)),
        "special_days": lines_of_dates(view.value(special)),
    }


def _read(form: Form, view: View, site: Site) -> dict[Path, Value]:
    hours, holidays, special = _keys(view, site)
    week: dict[str, Value] = {day: periods(form.get(day, "")) for day in DAYS if form.get(day, "").strip()}
    if not week:
        raise SettingsRefused((Wrong(hours, "has no day on which the clinic is open", "Write when it is."),))
    special_days: dict[str, Value] = {
        day: periods(said) for day, said in dates_of(form.get("special_days", "")).items()
    }
    names: dict[str, Value] = dict(dates_of(form.get("holidays", "")))
    return {hours: week, holidays: names, special: special_days}


HOURS = Area("hours", "Hours and holidays", "settings/hours.html", _keys, _fill, _read, refill_plainly)
WEEK = tuple(zip(DAYS, DAY_NAMES, strict=True))
