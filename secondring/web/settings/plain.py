"""Forms of single values: the clinic's facts, the limits, the one carrier of the older key."""

from dataclasses import dataclass
from typing import Literal

from secondring.domain.rules import Site
from secondring.domain.settings import Path, Value
from secondring.web.settings.area import Area, Filled, Form, refill_plainly
from secondring.web.settings.words import in_field, items
from secondring.web.settings_port import View

Kind = Literal["text", "list", "yes", "choice", "span", "number"]


@dataclass(frozen=True, slots=True)
class Field:
    """One value. `*` in its key is the site."""

    key: str
    label: str
    help: str = ""
    kind: Kind = "text"
    choices: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Of the form's field."""
        return self.key.rpartition("*.")[2]

    def path(self, site: Site) -> Path:
        """Its key."""
        return tuple(site.id if part == "*" else part for part in self.key.split("."))


def plain_area(name: str, title: str, fields: tuple[Field, ...], *, for_site: bool) -> Area:
    """A form of nothing but such values."""

    def keys(view: View, site: Site) -> tuple[Path, ...]:
        del view
        return tuple(field.path(site) for field in fields)

    def fill(view: View, site: Site) -> Filled:
        return {field.name: _filled(field, view.value(field.path(site))) for field in fields}

    def read(form: Form, view: View, site: Site) -> dict[Path, Value]:
        del view
        return {field.path(site): _read(field, form) for field in fields}

    return Area(name, title, "settings/plain.html", keys, fill, read, refill_plainly, for_site)


def _filled(field: Field, value: Value) -> str | bool:
    return value == "true" if field.kind == "yes" else in_field(value)


def _read(field: Field, form: Form) -> Value:
    typed = form.get(field.name, "").strip()
    if field.kind == "yes":
        return "true" if typed else "false"
    if field.kind == "list":
        return items(typed)
    return typed or None


CLINIC_FIELDS = (
    Field("sites.*.name", "Name", "As patients know it. Every text names it."),
    Field("sites.*.phone", "Phone", "The number that patients call."),
    Field("sites.*.zone", "Time zone", "Such as America/New_York."),
    Field("sites.*.dids", "Numbers that ring here", "With commas between. Empty: the phone alone.", "list"),
    Field("sites.*.sender", "Texts come from", "Empty: the phone."),
    Field("sites.*.language", "First text in", "", "choice", (("en", "English"), ("es", "Spanish"))),
    Field(
        "sites.*.booking_url",
        "Booking page",
        "One of your own, elsewhere. Empty: ours where it is on and a calendar is set, else the desk calls back.",
    ),
    Field(
        "sites.*.alert_numbers",
        "Staff phones texted when somebody is urgent",
        "With commas between. Such a text names no patient.",
        "list",
    ),
)
LIMIT_FIELDS = (
    Field(
        "guards.settle",
        "Wait before the first text",
        "A caller who is back on the line by then gets none.",
        "span",
    ),
    Field("guards.min_wait", "No text for callers who waited less than", "0s: everybody gets one.", "span"),
    Field("guards.late_after", "A call that ended longer ago becomes a task", "Instead of a text.", "span"),
    Field(
        "guards.spoken", "An outside call counts as spoken after", "Shorter ones are often a mailbox.", "span"
    ),
    Field("guards.per_number_per_day", "Texts to one number in a day, at most", "", "number"),
    Field("guards.per_site_per_minute", "Texts of one site in a minute, at most", "", "number"),
    Field(
        "guards.all_per_minute",
        "Storm brake: texts in a minute",
        "Above it, tasks and an alarm.",
        "number",
    ),
    Field(
        "guards.no_text_reasons",
        "Reasons that get a task instead of a text",
        "Of no-answer, busy, abandoned, ivr-hangup, voicemail; with commas between.",
        "list",
    ),
    Field(
        "follow_up.link_silence",
        "Silence after a booking link until the desk calls",
        "In opening time.",
        "span",
    ),
    Field("follow_up.reminder_after", "One reminder after", "In opening time. Empty: none.", "span"),
)
GATEWAY_FIELDS = (
    Field("gateway.per_second", "Texts in a second, at most", "", "number"),
    Field("gateway.concurrency", "At one time, at most", "", "number"),
    Field("gateway.max_attempts", "Attempts until a person calls instead", "", "number"),
    Field("gateway.max_age", "Try for so long until a person calls instead", "", "span"),
)
CARRIER_FIELDS = (
    Field(
        "carrier.kind",
        "Who sends the texts",
        "",
        "choice",
        (("handset", "Nobody: simulated phones on this machine"), ("http", "The carrier below")),
    ),
    Field("carrier.confirms_opt_out", "The carrier itself answers STOP", "", "yes"),
    Field("carrier.http.timeout", "Wait for its answer", "", "span"),
    *GATEWAY_FIELDS,
)
CLINIC = plain_area("clinic", "Clinic and numbers", CLINIC_FIELDS, for_site=True)
LIMITS = plain_area("limits", "Limits and waiting times", LIMIT_FIELDS, for_site=False)
ONE_CARRIER = plain_area("carrier", "Carriers", CARRIER_FIELDS, for_site=False)
GATEWAY = plain_area("gateway", "All carriers", GATEWAY_FIELDS, for_site=False)
FIELDS = {"clinic": CLINIC_FIELDS, "limits": LIMIT_FIELDS, "carrier": CARRIER_FIELDS}
