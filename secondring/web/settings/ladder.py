"""The triage ladder of a site, and its rota."""

from secondring.domain.rules import Site
from secondring.domain.settings import Path, SettingsRefused, Value, Wrong
from secondring.web.settings.area import Area, Filled, Form
from secondring.web.settings.words import in_field, items, periods, span_in_field
from secondring.web.settings_port import View

MOST_STEPS = 8
ONES = (
    "rounds",
    "pause",
    "last_resort",
    "last_resort_ring",
    "patient_ring",
    "patient_tries",
    "patient_pause",
)
WRITE_ROTA = "Write who, a colon, and when: 1003: mon-fri 17:00-24:00; sat-sun 00:00-24:00"


def _keys(view: View, site: Site) -> tuple[Path, ...]:
    del view
    return tuple(("sites", site.id, "triage", name) for name in ("steps", *ONES))


def _fill(view: View, site: Site) -> Filled:
    steps, *ones = _keys(view, site)
    kept = view.value(steps)
    rows = [_step(step) for step in kept if isinstance(step, dict)] if isinstance(kept, list) else []
    said = {path[-1]: in_field(view.value(path)) for path in ones}
    ladder = site.triage
    if ladder is not None:
        usual = {
            "rounds": str(ladder.rounds),
            "pause": span_in_field(ladder.pause),
            "last_resort_ring": span_in_field(ladder.last_resort_ring),
            "patient_ring": span_in_field(ladder.patient.ring),
            "patient_tries": str(ladder.patient.tries),
            "patient_pause": span_in_field(ladder.patient.pause),
        }
        said |= {name: value for name, value in usual.items() if not said[name]}
    return said | {"steps": _with_room(rows)}


def _step(step: dict[str, Value]) -> dict[str, str]:
    shifts = step.get("on_call")
    return {
        "ring": in_field(step.get("ring")),
        "order": in_field(step.get("order")) or "together",
        "ring_for": in_field(step.get("ring_for")),
        "rota": "\n".join(_shift(one) for one in shifts if isinstance(one, dict))
        if isinstance(shifts, list)
        else "",
    }


def _with_room(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """One empty step more than there are."""
    empty = {"ring": "", "order": "together", "ring_for": "", "rota": ""}
    return [*rows, empty][:MOST_STEPS]


def _shift(shift: dict[str, Value]) -> str:
    said = [
        f"{when} {in_field(what)}"
        for part in ("hours", "days")
        for when, what in _mapping(shift.get(part)).items()
    ]
    return f"{in_field(shift.get('who'))}: {'; '.join(said)}"


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _read(form: Form, view: View, site: Site) -> dict[Path, Value]:
    steps, *ones = _keys(view, site)
    wrong: list[Wrong] = []
    rows: list[Value] = []
    for number in range(MOST_STEPS):
        row = _read_step(form, number, (*steps, len(rows)), wrong)
        if row:
            rows.append(row)
    if wrong:
        raise SettingsRefused(tuple(wrong))
    typed = {path: form.get(path[-1], "").strip() for path in ones}
    said: dict[Path, Value] = {path: text for path, text in typed.items() if text}
    if not typed[ones[2]]:
        said[ones[2]] = None
    return {steps: rows} | said


def _read_step(form: Form, number: int, at: tuple[str | int, ...], wrong: list[Wrong]) -> dict[str, Value]:
    ring = items(form.get(f"ring-{number}", ""))
    rota = form.get(f"rota-{number}", "").strip()
    if not ring and not rota:
        return {}
    row: dict[str, Value] = {"order": form.get(f"order-{number}", "together")}
    if ring:
        row["ring"] = ring
    if form.get(f"ring_for-{number}", "").strip():
        row["ring_for"] = form[f"ring_for-{number}"].strip()
    if rota:
        row["on_call"] = [
            _read_shift(line, (*at, "on_call"), wrong) for line in rota.splitlines() if line.strip()
        ]
    return row


def _read_shift(line: str, at: tuple[str | int, ...], wrong: list[Wrong]) -> Value:
    who, colon, rest = line.partition(":")
    hours: dict[str, Value] = {}
    days: dict[str, Value] = {}
    for part in rest.split(";"):
        when, _, what = part.strip().partition(" ")
        if when:
            (days if when[:1].isdigit() else hours)[when] = periods(what)
    if not colon or not (hours or days):
        wrong.append(Wrong(at, f"has a line that names no time: {line.strip()[:60]!r}", WRITE_ROTA))
    return {"who": who.strip(), "hours": hours, "days": days}


def _refill(form: Form, filled: Filled) -> Filled:
    rows = [
        {name: form.get(f"{name}-{number}", "") for name in ("ring", "order", "ring_for", "rota")}
        for number in range(MOST_STEPS)
    ]
    used = [row for row in rows if row["ring"] or row["rota"]]
    return {name: form.get(name, "") for name in filled} | {"steps": _with_room(used)}


LADDER = Area("ladder", "Triage ladder and rota", "settings/ladder.html", _keys, _fill, _read, _refill)
