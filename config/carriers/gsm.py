"""Boxes and modems with SIM cards that are spoken to like an Asterisk manager."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from config.carriers.wire import CardKeys, Host, Port, refuse_plain_wire
from config.fields import Line, PositiveDuration
from config.links import SecretPlace


class GsmKeys(CardKeys):
    """SIM cards behind a manager interface."""

    host: Host = Field(default="127.0.0.1", examples=["192.168.7.20"])
    """The box; the PBX itself for modems that are plugged into it."""
    port: Port = Field(default=5038, examples=["5038"])
    """Of its manager interface."""
    user: Line = Field(examples=["secondring-texts"])
    """Whom it knows us as."""
    secret_file: SecretPlace = Field(examples=["credential:gsm-secret"])
    """Where that user's secret is kept."""
    plain_wire: bool = Field(default=False, examples=["true"])
    """The wire to the box is safe: these boxes know no encryption."""
    poll: PositiveDuration = Field(default=timedelta(seconds=1), examples=["1s"])
    """How often what was heard is taken over."""

    @model_validator(mode="after")
    def _on_a_safe_wire(self) -> Self:
        refuse_plain_wire(self.host, encrypted=False, plain_wire=self.plain_wire)
        return self


class DongleKeys(GsmKeys):
    """Modems in the PBX itself, with chan_dongle."""

    kind: Literal["dongle"] = Field(examples=["dongle"])
    """`ports` names its devices: dongle0."""


class YeastarKeys(GsmKeys):
    """A Yeastar TG gateway."""

    kind: Literal["yeastar"] = Field(examples=["yeastar"])
    """`ports` names its spans: port 1 of the box is span 2."""
    number_per_second: float | None = Field(default=0.1, gt=0, le=1000, examples=["0.1"])
    """Parts of texts that one SIM card sends in a second; the maker allows one in ten seconds."""


class OpenVoxKeys(GsmKeys):
    """An OpenVox VoxStack gateway. It sends only: what its SIM cards get has to reach you another way."""

    is_asked = False
    opens_way_back = (
        "It can only send: put another carrier first, or a box that hands over what its cards get."
    )

    kind: Literal["openvox"] = Field(examples=["openvox"])
    """`ports` names its spans. Texts of one part only."""

    @property
    def request_time(self) -> timedelta:
        """It answers once the network has taken the text."""
        return timedelta(seconds=25)
