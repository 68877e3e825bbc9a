"""gammu-smsd and its database."""

from typing import Literal

from pydantic import Field

from config.carriers.wire import CardKeys, Cards
from config.fields import AbsolutePath


class GammuKeys(CardKeys):
    """A phone or modem that gammu-smsd drives, with its SQLite database on this machine."""

    kind: Literal["gammu"] = Field(examples=["gammu"])
    """Adds to its outbox, reads its inbox."""
    database: AbsolutePath = Field(examples=["/var/lib/gammu/smsd.db"])
    """The daemon's database (`driver = sqlite3`); the service's user must be able to write it and its folder."""
    ports: Cards = Field(examples=["{front-desk: +1 202 555 0123}"])
    """The clinic's numbers, by the `phoneid` of the daemon that has the SIM card; "" where there is none."""
