"""Simulated phones on this machine."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from config.carriers.base import CarrierKeys
from config.fields import PositiveDuration


class HandsetKeys(CarrierKeys):
    """Simulated phones: nothing leaves this machine."""

    is_asked = True

    kind: Literal["handset"] = Field(examples=["handset"])
    """Simulated phones, read and answered from the terminal."""
    poll: PositiveDuration = Field(default=timedelta(milliseconds=200), examples=["200ms"])
    """How often the phones are looked at: a file on this machine, so often costs nothing."""

    @property
    def request_time(self) -> timedelta:
        """They answer at once."""
        return timedelta(seconds=5)
