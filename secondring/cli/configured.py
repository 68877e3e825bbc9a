"""The configuration that a command works with."""

from secondring import wiring
from secondring.cli.chosen import config_directory, remember


def settings() -> wiring.Settings:
    """The configuration, read and checked; raises ConfigError with every mistake in it."""
    found = wiring.load_settings(config_directory())
    remember(found)
    return found
