"""Keeping what is set on screen. Part of `Books`."""

from typing import Protocol

from secondring.domain.settings import SettingsVersion


class SettingsBooks(Protocol):
    """Versions are added, with numbers that follow on each other from 1; nothing changes or removes one."""

    def settings_number(self) -> int:
        """The number of the newest version; 0 when nothing was ever set on screen."""
        ...

    def settings_version(self, number: int) -> SettingsVersion | None: ...

    def settings_history(self, *, limit: int) -> list[SettingsVersion]:
        """Newest first."""
        ...

    def add_settings(self, version: SettingsVersion) -> None: ...
