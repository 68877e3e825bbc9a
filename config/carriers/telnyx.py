"""Telnyx."""

from typing import Literal

from pydantic import Field

from config.carriers.api import ApiKeys, Id
from config.links import SecretPlace, WebAddress


class TelnyxKeys(ApiKeys):
    """Telnyx: replies and receipts come by webhook, so it needs `webhooks`."""

    kind: Literal["telnyx"] = Field(examples=["telnyx"])
    """Telnyx' messaging, version 2."""
    key_file: SecretPlace = Field(examples=["credential:telnyx-key"])
    """Where an API key is kept."""
    profile: Id | None = Field(default=None, examples=["aaaaaaaa-bbbb-cccc-dddd-0123456789ab"])
    """The messaging profile to send with; the number's own when left out."""
    public_key_file: SecretPlace = Field(examples=["credential:telnyx-public-key"])
    """Where the account's public key is kept, which its webhooks are checked with; no secret, but kept beside them."""
    webhooks: bool = Field(default=True, examples=["true"])
    """It sends replies and receipts to us; it has no other way."""
    confirms_opt_out: bool | None = Field(default=True, examples=["false"])
    """Telnyx answers STOP itself, unless you had that switched off."""
    url: WebAddress = Field(default="https://api.telnyx.com", examples=["https://api.telnyx.com"])
    """Telnyx' address."""

    @property
    def address(self) -> str | None:
        return self.url
