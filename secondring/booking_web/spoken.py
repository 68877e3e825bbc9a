"""Days and times as people say them, in English and Spanish."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from secondring.domain.month_names import MONTHS

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
KEPT = "\u00a0"
"""A space at which no line ends."""
SOON = {"en": ("Today", "Tomorrow"), "es": ("Hoy", "Mañana")}


def local(at: datetime, zone: str) -> datetime:
    """A moment by the clinic's clock."""
    return at.astimezone(ZoneInfo(zone))


def day(when: date, language: str) -> str:
    """`Tuesday, March 3`, `martes 3 de marzo`."""
    weekday, month = WEEKDAYS[language][when.weekday()], MONTHS[language][when.month - 1]
    return f"{weekday} {when.day} de {month}" if language == "es" else f"{weekday}, {month} {when.day}"


def near_day(when: date, today: date, language: str) -> str:
    """The same, with today or tomorrow before it where it is one of them."""
    near, said = soon(when, today, language), day(when, language)
    return f"{near}, {said}" if near else said[0].upper() + said[1:]


def soon(when: date, today: date, language: str) -> str:
    """`Today`, `Tomorrow`, or nothing."""
    ahead = (when - today) // timedelta(days=1)
    return SOON[language][ahead] if ahead in (0, 1) else ""


def clock(at: datetime, zone: str, language: str) -> str:
    """`9:30 AM`, `9:30 a. m.`, in one piece; with the name of the time where the clocks show that hour twice."""
    there = local(at, zone)
    half = ("AM", "PM") if language == "en" else (f"a.{KEPT}m.", f"p.{KEPT}m.")
    twice = there.replace(fold=0).utcoffset() != there.replace(fold=1).utcoffset()
    name = f" ({there.tzname()})" if twice else ""
    return f"{there.hour % 12 or 12}:{there.minute:02}{KEPT}{half[there.hour >= 12]}{name}"


def whole(at: datetime, zone: str, language: str) -> str:
    """`Tuesday, March 3 at 9:30 AM`, `martes 3 de marzo a las 9:30 a. m.`."""
    there = local(at, zone)
    if language == "es":
        article = "a la" if there.hour % 12 == 1 else "a las"
        return f"{day(there.date(), 'es')} {article} {clock(at, zone, 'es')}"
    return f"{day(there.date(), 'en')} at {clock(at, zone, 'en')}"
