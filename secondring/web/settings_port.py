"""What the pages of the settings need of the rest: handed over by whoever joins the service."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from secondring.domain.phone import PhoneNumber
from secondring.domain.rules import Rules, Site
from secondring.domain.settings import Disagreement, Overlay, Path, SettingsVersion, Value
from secondring.domain.staff import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierShown:
    """One carrier of the files' list, as it is set now."""

    name: str
    kind: str
    senders: tuple[PhoneNumber, ...]
    number_per_second: float | None
    brand_per_second: float | None
    number_per_day: int | None
    brand_per_day: int | None
    confirms_opt_out: bool
    line_types: bool
    poll: timedelta
    knocks: bool
    """It sends replies and receipts to us."""
    written_in: str
    """The file and line in which it begins."""
    secrets: tuple[tuple[str, str], ...]
    """The keys that name where a secret is kept, and where that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How everything is set now, the files and the screen together."""

    number: int
    """The newest version; a form carries it back, so that nobody's change is overwritten unseen."""
    overlay: Overlay
    rules: Rules
    value: Callable[[Path], Value]
    """What stands at a key, as it is written; addresses without what may be secret in them."""
    source: Callable[[Path], str]
    """Where that comes from: a file and its line, somebody on screen, or nothing for our default."""
    carriers: tuple[CarrierShown, ...] = ()
    """Those of the list, the preferred one first; none where the files have no such list."""
    disagreements: tuple[Disagreement, ...] = ()
    waiting: tuple[Path, ...] = ()
    """Set, and not in force before the next start."""
    files_changed: tuple[str, ...] = ()
    """Files that are not any more what this service started with."""
    broken: str = ""
    """Why the newest version cannot be used; the one before it is in force."""

    def setting_is_old(self, path: Path, seen: int) -> str:
        """Who set a key since that version; nothing when nobody did."""
        setting = self.overlay.get(path)
        return setting.by if setting is not None and setting.version > seen else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A message as it would go out."""

    text: str
    parts: tuple[str, ...]
    alphabet: str
    problems: tuple[str, ...] = ()
    """What keeps it from going out; then there is no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a test of one link showed. `ok` is None where nothing can be seen."""

    name: str
    ok: bool | None
    evidence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody wants otherwise."""

    values: Mapping[Path, Value] = field(default_factory=dict)
    drop: Collection[Path] = ()
    """Here the files are to be in force again."""
    seen: int
    """The version that they saw when they wanted it."""
    by: str
    note: str
    entry: AuditEntry


class SettingsDesk(Protocol):
    """The settings, to read and to change."""

    @property
    def messages(self) -> tuple[str, ...]:
        """The names of all messages."""
        ...

    @property
    def has_mode(self) -> bool:
        """True where this version knows shadow mode."""
        ...

    @property
    def can_test(self) -> bool:
        """True where `test` has something to do."""
        ...

    async def view(self) -> View: ...

    async def save(self, change: Change) -> int:
        """Keep it as a new version, with its line in the audit; gives the number that is the newest then.

        Raises SettingsRefused, and keeps nothing, when it would not be a configuration or somebody was faster.
        """
        ...

    async def roll_back(self, number: int, change: Change) -> int:
        """The same with all values of a former version; 0 leaves only the files in force."""
        ...

    async def version(self, number: int) -> SettingsVersion | None: ...
    async def history(self, *, limit: int) -> list[SettingsVersion]:
        """Newest first."""
        ...

    async def wording(self, name: str, language: str) -> str:
        """A message as it is written now."""
        ...

    async def packaged(self, name: str, language: str) -> str:
        """A message as we deliver it."""
        ...

    async def previews(self, language: str, site: Site) -> list[tuple[str, Preview]]:
        """Every message as it would go out now, by name."""
        ...

    async def preview(self, name: str, language: str, words: str, site: Site) -> Preview: ...
    def test(self) -> Awaitable[list[Found]]:
        """Try the links to the PBX, the callers' scripts and the carrier; sends no text."""
        ...
