"""When we open next, said as people say it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from secondring.domain.month_names import MONTHS

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("el lunes", "el martes", "el miércoles", "el jueves", "el viernes", None, "el domingo"),
}
"""No Spanish Saturday: its accent is in no GSM alphabet and would double the text, so the date is said."""


def opens_phrase(opens_at: datetime, *, now: datetime, zone: str, language: str) -> str:
    """`tomorrow at 8 AM`, `Monday at 8:30 AM`, `June 14 at 8 AM`: in the clinic's time zone and language.

    Both times are aware. Languages without words of their own are spoken to in English.
    """
    there, here = opens_at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    spoken = "es" if language == "es" else "en"
    day = _day(there, (there.date() - here.date()) // timedelta(days=1), spoken)
    return f"{day} {_hour(there, spoken)}"


def visit_phrase(at: datetime, *, zone: str, language: str) -> str:
    """`Tue Mar 3 at 9:30 AM`, `3 de marzo, 9:30 am`: short, and never today or tomorrow, which go stale.

    No Spanish weekday: shortened it reads like a month (mar), and written out it costs a second text.
    """
    there = at.astimezone(ZoneInfo(zone))
    if language == "es":
        hour = _hour(there, "es").rpartition(" las ")[2].removeprefix("a la ")
        return f"{there.day} de {MONTHS['es'][there.month - 1]}, {hour}"
    weekday, month = WEEKDAYS["en"][there.weekday()] or "", MONTHS["en"][there.month - 1]
    return f"{weekday[:3]} {month[:3]} {there.day} {_hour(there, 'en')}"


def _day(there: datetime, ahead: int, language: str) -> str:
    if ahead in (0, 1):
        return {"en": ("today", "tomorrow"), "es": ("hoy", "mañana")}[language][ahead]
    weekday = WEEKDAYS[language][there.weekday()]
    if weekday and 1 < ahead < 7:
        return weekday
    month = MONTHS[language][there.month - 1]
    return f"el {there.day} de {month}" if language == "es" else f"{month} {there.day}"


def _hour(there: datetime, language: str) -> str:
    hour = there.hour % 12 or 12
    minutes = f":{there.minute:02}" if there.minute else ""
    half = "AM" if there.hour < 12 else "PM"
    if language == "es":
        return f"{'a la' if hour == 1 else 'a las'} {hour}{minutes} {half.lower()}"
    return f"at {hour}{minutes} {half}"
