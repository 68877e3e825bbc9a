"""The plain `http` carrier: any gateway that takes a JSON POST."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from config.carriers.base import CarrierKeys
from config.fields import PositiveDuration
from config.links import SecretPlace, WebAddress


class HttpKeys(CarrierKeys):
    """Any text gateway that takes a JSON POST."""

    opens_way_back = (
        "Name the secret that replies are signed with in `inbound_secret_file`; see docs/carriers.md."
    )

    kind: Literal["http"] = Field(examples=["http"])
    """Posts each text to an address."""
    url: WebAddress = Field(examples=["https://carrier.example/texts"])
    """Where texts are posted to."""
    token_file: SecretPlace | None = Field(default=None, examples=["credential:carrier-token"])
    """Where the token is kept that is sent as `Authorization: Bearer`."""
    lookup_url: WebAddress | None = Field(default=None, examples=["https://carrier.example/texts/{id}"])
    """Asked what became of a text whose answer was lost; `{id}` is replaced by the text's id."""
    timeout: PositiveDuration = Field(default=timedelta(seconds=10), examples=["10s"])
    """How long to wait for the answer."""
    inbound_secret_file: SecretPlace | None = Field(default=None, examples=["credential:carrier-inbound"])
    """Where the secret is kept that replies and receipts are signed with; they come in once it is there."""

    @property
    def knocks(self) -> bool:
        """It has no other way than our webhooks."""
        return self.inbound_secret_file is not None

    @property
    def address(self) -> str | None:
        return self.url

    @property
    def request_time(self) -> timedelta:
        return self.timeout
