"""The files of the configuration as a running service knows them, and what else its settings are made from."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from config.loader import Layers, read_layers
from config.settings import Settings
from secondring.domain.errors import ConfigError
from secondring.domain.ports import Books
from sms_gateway.messages import Messages

T = TypeVar("T")


class InBooks(Protocol):
    """Runs a function inside a transaction, off the event loop."""

    def __call__(self, work: Callable[[Books], T]) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """As they were at the start, and as they are now."""

    layers: Layers
    reread: Callable[[], Layers]
    messages: Callable[[dict[tuple[str, str], str]], Messages]
    """All messages, with these words on top."""
    started_with: int = 0
    """The version of what is set on screen that was in force when this service started."""


def files_of(settings: Settings) -> Files:
    """The files that these settings were read from. Raises ConfigError when they cannot be read any more."""
    place = settings.read_from
    if place is None:
        raise ConfigError("these settings were read from nowhere: use wiring.load_settings")
    return Files(
        layers=read_layers(place),
        reread=lambda: read_layers(place),
        messages=lambda wording: Messages(settings.messages_directory, wording),
        started_with=settings.version,
    )
