"""Whoever sends the texts: the files' list of carriers, or the one of the older key.

A carrier's kind, account, address and secrets are for the files alone: they decide who reads what patients write.
"""

from dataclasses import replace

from secondring.domain.rules import Site
from secondring.domain.settings import (
    CARRIER_ORDER,
    CARRIERS,
    OF_A_CARRIER,
    Path,
    SettingsRefused,
    Value,
    Wrong,
)
from secondring.web.settings.area import Filled, Form
from secondring.web.settings.plain import GATEWAY, GATEWAY_FIELDS, ONE_CARRIER
from secondring.web.settings.words import items, span_in_field
from secondring.web.settings_port import CarrierShown, View

PLACE = "place"
DRAWN = "carriers.drawn"
"""The field with the order that a form was drawn from."""
LOOK = "Look at what is there now, and move them again if it is still needed."
TICKED = ("confirms_opt_out", "line_types")
Row = dict[str, str | bool]


def path_of_key(carrier: str, key: str) -> Path:
    """Where a key of one carrier is set on screen."""
    return (*CARRIERS, carrier, key)


def field_of(carrier: str, key: str) -> str:
    """The name of its field in the form."""
    return f"carriers.{carrier}.{key}"


def _keys(view: View, site: Site) -> tuple[Path, ...]:
    if not view.carriers:
        return (*ONE_CARRIER.keys(view, site), *_left_behind(view, ()))
    ours = [CARRIER_ORDER, *(path_of_key(one.name, key) for one in view.carriers for key in OF_A_CARRIER)]
    return (*ours, *_left_behind(view, ours), *GATEWAY.keys(view, site))


def _left_behind(view: View, ours: list[Path] | tuple[Path, ...]) -> tuple[Path, ...]:
    """Set for carriers that the files do not have any more."""
    return tuple(path for path in sorted(view.overlay) if path[:1] == CARRIERS and path not in ours)


def _fill(view: View, site: Site) -> Filled:
    if not view.carriers:
        return ONE_CARRIER.fill(view, site)
    rows = [
        {"shown": one, "sent": {key: field_of(one.name, key) for key in (PLACE, *OF_A_CARRIER)}}
        | {"values": _values(one, place)}
        for place, one in enumerate(view.carriers, start=1)
    ]
    return GATEWAY.fill(view, site) | {"rows": rows, "general": GATEWAY_FIELDS}


def _values(one: CarrierShown, place: int) -> Row:
    """What stands in the fields of one carrier."""
    return {
        PLACE: str(place),
        "senders": ", ".join(number.e164 for number in one.senders),
        "number_per_second": _number(one.number_per_second),
        "brand_per_second": _number(one.brand_per_second),
        "number_per_day": _number(one.number_per_day),
        "brand_per_day": _number(one.brand_per_day),
        "confirms_opt_out": one.confirms_opt_out,
        "line_types": one.line_types,
        "poll": span_in_field(one.poll),
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"


def _read(form: Form, view: View, site: Site) -> dict[Path, Value]:
    if not view.carriers:
        return ONE_CARRIER.read(form, view, site)
    values = GATEWAY.read(form, view, site)
    for place, one in enumerate(view.carriers, start=1):
        if field_of(one.name, PLACE) in form:  # otherwise the form was drawn before the files had it
            values |= _changed(form, one, _values(one, place))
    return values | _order(form, [one.name for one in view.carriers])


def _changed(form: Form, one: CarrierShown, shown: Row) -> dict[Path, Value]:
    """Only what was typed otherwise: a kind's own default is written nowhere, and is not to be set by looking at it."""
    found: dict[Path, Value] = {}
    for key in OF_A_CARRIER:
        typed = form.get(field_of(one.name, key), "").strip()
        if key in TICKED:
            if bool(typed) != shown[key]:
                found[path_of_key(one.name, key)] = "true" if typed else "false"
        elif typed != shown[key]:
            found[path_of_key(one.name, key)] = list(items(typed)) if key == "senders" else typed or None
    return found


def _order(form: Form, names: list[str]) -> dict[Path, Value]:
    """The names by the places that were chosen; nothing when none was moved.

    Whoever is moved takes the place of whoever has it, and that one makes room.
    """
    drawn = form.get(DRAWN, "").split()
    wanted = [(_place(form, name, former, len(drawn)), name) for former, name in enumerate(drawn, start=1)]
    found = [name for _, name in sorted(wanted, key=lambda one: one[0])]
    if found == drawn:
        return {}
    if drawn != names:
        raise SettingsRefused((Wrong(CARRIER_ORDER, "is another one meanwhile", LOOK),))
    return {CARRIER_ORDER: list(found)}


def _place(form: Form, name: str, former: int, last: int) -> tuple[int, int]:
    """The place that was chosen, and whether it is before or behind whoever has it."""
    typed = form.get(field_of(name, PLACE), str(former)).strip()
    if typed not in {str(place) for place in range(1, last + 1)}:
        remedy = f"Choose one from 1, the preferred one, to {last}."
        raise SettingsRefused((Wrong(path_of_key(name, PLACE), "is no place in the order", remedy),))
    place = int(typed)
    return place, (place > former) - (place < former)


def _refill(form: Form, filled: Filled) -> Filled:
    if "rows" not in filled:
        return ONE_CARRIER.refill(form, filled)
    rows = [row | {"values": _typed(form, row["sent"], row["values"])} for row in filled["rows"]]
    general = {field.name: filled[field.name] for field in GATEWAY_FIELDS}
    return filled | GATEWAY.refill(form, general) | {"rows": rows}


def _typed(form: Form, sent: dict[str, str], values: Row) -> Row:
    if sent[PLACE] not in form:
        return values
    return {
        key: form.get(sent[key], False if isinstance(value, bool) else "") for key, value in values.items()
    }


WHO_SENDS = replace(
    ONE_CARRIER, fields="settings/carriers.html", keys=_keys, fill=_fill, read=_read, refill=_refill
)
