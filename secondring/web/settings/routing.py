"""The routing table: what each intent leads to."""

from secondring.domain.hours import Clock
from secondring.domain.rules import QUEUES, Site
from secondring.domain.settings import FREE_INTENTS, Path, SettingsRefused, Value, Wrong
from secondring.web.settings.area import Area, Filled, Form
from secondring.web.settings_port import View

FOR_PEOPLE = ("book", "reschedule", "billing", "refill", "unknown", "cancel")
"""Somebody has to see these in the end; a form can choose who, and not that nobody does."""
CHOOSE = "Choose who gets the task."
COLUMNS = ("template", "queue", "clock", "link")
CHOICES = {"queue": QUEUES, "clock": tuple(clock.value for clock in Clock)}


def _keys(view: View, site: Site) -> tuple[Path, ...]:
    del view, site
    return tuple(("routes", intent, name) for intent in FREE_INTENTS for name in COLUMNS)


def _fill(view: View, site: Site) -> Filled:
    del site
    rows = [
        {
            "intent": intent.value,
            "template": route.template or "",
            "queue": route.queue or "",
            "clock": route.clock.value,
            "link": route.link,
            "free": intent.value in FREE_INTENTS,
            "for_people": intent.value in FOR_PEOPLE,
        }
        for intent, route in view.rules.routes.items()
    ]
    return {"rows": rows}


def _read(form: Form, view: View, site: Site) -> dict[Path, Value]:
    def typed(intent: str, name: str) -> Value:
        said = form.get(f"{intent}-{name}", "").strip()
        return ("true" if said else "false") if name == "link" else said or None

    values = {path: typed(path[1], path[2]) for path in _keys(view, site)}
    alone = [path for path in values if path[1] in FOR_PEOPLE and path[2] == "queue" and values[path] is None]
    if alone:
        raise SettingsRefused(
            tuple(Wrong(path, "would leave what they wrote to nobody", CHOOSE) for path in alone)
        )
    return values


def _refill(form: Form, filled: Filled) -> Filled:
    rows = [
        row | {name: form.get(f"{row['intent']}-{name}", "") for name in COLUMNS} if row["free"] else row
        for row in filled["rows"]
    ]
    return {"rows": rows}


ROUTES = Area("routes", "Routing table", "settings/routes.html", _keys, _fill, _read, _refill, for_site=False)
