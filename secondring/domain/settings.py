"""What is set on screen: an overlay of keys over the administrator's files, kept in versions that nobody changes.

A key is a path in the configuration, written with dots: `sites.main.hours`. What is set at a key takes the place of
all that the files say there. Values are what YAML would hold: text, nothing, lists and mappings of these.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Value = str | None | list["Value"] | dict[str, "Value"]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key's value, and who set it so."""

    value: Value
    by: str
    """As colleagues see them."""
    at: datetime
    version: int
    """The version in which it came to be so."""

    @property
    def source(self) -> str:
        """Where a message says that this value comes from."""
        return f"set on screen by {self.by} on {self.at:%Y-%m-%d} (version {self.version})"


Overlay = Mapping[Path, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsVersion:
    """The overlay as it was left by one change. Version 0, which is never kept, has nothing in it."""

    number: int
    at: datetime
    by: str
    note: str
    """What was done, in our words: `roll back to version 3`. Holds no value."""
    overlay: Overlay = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version has otherwise than another; None on a side: not set on screen there."""

    path: Path
    before: Setting | None
    after: Setting | None


NOTHING: Overlay = {}


def written(path: Iterable[str | int]) -> str:
    """A path with dots; a dot inside a name is written `\\.`."""
    return ".".join(str(part).replace("\\", "\\\\").replace(".", "\\.") for part in path)


def path_of(key: str) -> Path:
    """The path that `written` wrote."""
    parts, here, escaped = [], "", False
    for char in key:
        if char == "." and not escaped:
            parts.append(here)
            here = ""
        elif char != "\\" or escaped:
            here += char
        escaped = char == "\\" and not escaped
    return (*parts, here)


def set_on(
    overlay: Overlay, changes: Mapping[Path, Value], *, by: str, at: datetime, version: int
) -> Overlay:
    """The overlay with these keys set. A key that has this value already keeps who set it, and when."""
    after = dict(overlay)
    for path, value in changes.items():
        now = after.get(path)
        if now is None or now.value != value:
            after[path] = Setting(value=value, by=by, at=at, version=version)
    return after


def without(overlay: Overlay, *paths: Path) -> Overlay:
    """The overlay without these keys and all below them: there the files are in force again."""
    return {
        path: setting
        for path, setting in overlay.items()
        if not any(path[: len(gone)] == gone for gone in paths)
    }


def brought_back(former: Overlay, now: Overlay, *, by: str, at: datetime, version: int) -> Overlay:
    """The values of a former overlay; those that this changes are set by whoever rolled back."""
    kept = {path: setting for path, setting in now.items() if path in former}
    values = {path: setting.value for path, setting in former.items()}
    return set_on(kept, values, by=by, at=at, version=version)


def differences(before: Overlay, after: Overlay) -> tuple[Difference, ...]:
    """Every key whose value is another one, in the order of the keys."""
    found = (Difference(path, before.get(path), after.get(path)) for path in sorted({*before, *after}))
    return tuple(one for one in found if _value(one.before) != _value(one.after))


def _value(setting: Setting | None) -> tuple[Value] | None:
    return None if setting is None else (setting.value,)


def canonical(overlay: Overlay) -> str:
    """The one way to write an overlay down. Mappings keep their order: patients see kinds of visit in it."""
    rows = {
        written(path): {
            "value": setting.value,
            "by": setting.by,
            "at": setting.at.isoformat(),
            "version": setting.version,
        }
        for path, setting in sorted(overlay.items())
    }
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def from_canonical(text: str) -> Overlay:
    """The overlay that `canonical` wrote down."""
    return {
        path_of(key): Setting(
            value=row["value"], by=row["by"], at=datetime.fromisoformat(row["at"]), version=row["version"]
        )
        for key, row in json.loads(text).items()
    }


# ---------------------------------------------------------------- which keys

OF_A_SITE = (
    "name",
    "phone",
    "sender",
    "dids",
    "zone",
    "language",
    "hours",
    "holidays",
    "special_days",
    "booking_url",
    "alert_numbers",
)
OF_A_CALENDAR = ("hours", "exceptions", "every", "capacity", "lead", "horizon", "address", "visits")
OF_A_CARRIER = (
    "senders",
    "number_per_second",
    "brand_per_second",
    "number_per_day",
    "brand_per_day",
    "confirms_opt_out",
    "line_types",
    "poll",
)
"""Not its kind, its account, its address and its secrets: those decide who gets to read the clinic's texts."""
CARRIERS: Path = ("carriers",)
"""A list in the files. Here its entries go by their names, so that an edit of the files never hits another one."""
CARRIER_ORDER: Path = (*CARRIERS, "_order")
"""Their names, the preferred one first. No carrier can be called so."""
OF_A_LADDER = (
    "steps",
    "rounds",
    "pause",
    "last_resort",
    "last_resort_ring",
    "patient_ring",
    "patient_tries",
    "patient_pause",
    "language",
)
FREE_INTENTS = ("book", "reschedule", "billing", "refill", "help", "unknown", "cancel", "start")
"""Not URGENT and STOP: that a sick caller reaches nobody, or that somebody is texted who wrote STOP, must take more
than a slip on a form."""
ON_SCREEN: tuple[Path, ...] = (
    *(("sites", "*", name) for name in OF_A_SITE),
    *(("sites", "*", "triage", name) for name in OF_A_LADDER),
    *(("sites", "*", "calendar", name) for name in OF_A_CALENDAR),
    *(("routes", intent, name) for intent in FREE_INTENTS for name in ("template", "queue", "clock", "link")),
    *(("guards", name) for name in ("settle", "late_after", "min_wait", "no_text_reasons", "spoken")),
    *(("guards", name) for name in ("per_number_per_day", "per_site_per_minute", "all_per_minute")),
    ("follow_up", "link_silence"),
    ("follow_up", "reminder_after"),
    ("messages", "wording", "*", "*"),
    CARRIER_ORDER,
    *((*CARRIERS, "*", name) for name in OF_A_CARRIER),
    ("carrier", "kind"),
    ("carrier", "confirms_opt_out"),
    ("carrier", "http", "timeout"),
    *(("gateway", name) for name in ("per_second", "concurrency", "max_attempts", "max_age")),
    ("mode",),
)
"""What may be set on screen. All else only in the files: secrets and where they are kept, addresses that texts are
sent to, how the PBX dials, where we listen, the database. Whoever steals an administrator's session cannot make the
clinic's texts go to a stranger."""

AT_ONCE: tuple[Path, ...] = (
    *(("sites",), ("routes",), ("guards",), ("follow_up",)),
    ("messages", "wording"),
    ("mode",),
)
"""Changes below these are in force within a second or two; all others at the next start."""


def may_be_set(path: Path) -> bool:
    """True for a key that the screens may set."""
    return any(
        len(path) == len(known) and all(a in ("*", b) for a, b in zip(known, path, strict=True))
        for known in ON_SCREEN
    )


def is_at_once(path: Path) -> bool:
    """True when a change is in force without a restart."""
    return any(path[: len(known)] == known for known in AT_ONCE)


class SettingsRefused(Exception):
    """A change that would not be a configuration: nothing was kept."""

    def __init__(self, problems: tuple["Wrong", ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing to mend, as the checks of the files say it."""

    path: tuple[str | int, ...]
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{written(self.path)}: {self.what}. {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A key that the files and the screen both set, to different values. The screen's is in force."""

    path: Path
    file: str
    """Where the files say it: name and line."""
    setting: Setting
    gone: tuple[str, ...] = ()
    """Carriers that it was set for and that the files do not have any more: for these it has no effect."""

    def __str__(self) -> str:
        if self.gone:
            return (
                f"{written(self.path)}: {self.file} has no carrier called {' or '.join(self.gone)}, for which this"
                f" was {self.setting.source}; it has no effect there."
                f" To take it back: `secondring settings drop {written(self.path)}`"
            )
        return (
            f"{written(self.path)}: {self.file} says otherwise than what was {self.setting.source};"
            f" the screen's is in force. To go by the file again: `secondring settings drop {written(self.path)}`"
        )
