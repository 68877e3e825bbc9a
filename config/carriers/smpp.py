"""A message centre that speaks SMPP 3.4."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.carriers.wire import Host, Port, WireKeys, refuse_plain_wire
from config.fields import AbsolutePath, Line, PositiveDuration
from config.links import SecretPlace


class SmppKeys(WireKeys):
    """A telephone company's message centre (SMSC) that speaks SMPP 3.4."""

    kind: Literal["smpp"] = Field(examples=["smpp"])
    """Binds as a transceiver, so that texts go both ways on one link."""
    host: Host = Field(examples=["smsc.carrier.example"])
    """The message centre."""
    port: Port = Field(default=3550, examples=["2775"])
    """3550 is usual for TLS, 2775 without."""
    system_id: Annotated[Line, Field(max_length=15)] = Field(examples=["clinic"])
    """As the carrier calls you."""
    password_file: SecretPlace = Field(examples=["credential:smpp-password"])
    """Where the password is kept."""
    system_type: Annotated[str, Field(max_length=12)] = Field(default="", examples=["VMA"])
    """Only where the carrier asks for one."""
    tls: bool = Field(default=True, examples=["false"])
    """Speak encrypted, and check the centre's certificate."""
    ca_file: AbsolutePath | None = Field(default=None, examples=["/etc/secondring/smsc-ca.pem"])
    """The authority that signed its certificate, when it is none of the usual ones."""
    plain_wire: bool = Field(default=False, examples=["true"])
    """The wire to it is safe without TLS: a tunnel, or one machine."""
    window: Annotated[int, Field(ge=1, le=100)] = Field(default=10, examples=["5"])
    """Parts of texts on the way at once."""
    enquire_every: PositiveDuration = Field(default=timedelta(seconds=30), examples=["60s"])
    """A quiet link is asked for a sign of life so often."""
    timeout: PositiveDuration = Field(default=timedelta(seconds=10), examples=["10s"])
    """How long to wait for an answer."""
    alphabet: Literal["gsm", "latin1"] = Field(default="gsm", examples=["latin1"])
    """What the centre's default alphabet is in texts that come in."""
    poll: PositiveDuration = Field(default=timedelta(milliseconds=500), examples=["1s"])
    """How often what was delivered is taken over; it is on disk already, and costs nothing to look at."""

    @model_validator(mode="after")
    def _on_a_safe_wire(self) -> Self:
        refuse_plain_wire(self.host, encrypted=self.tls, plain_wire=self.plain_wire)
        return self

    @property
    def request_time(self) -> timedelta:
        return self.timeout
