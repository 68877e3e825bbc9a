"""SignalWire."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.carriers.api import ApiKeys, Id
from config.links import SecretPlace, WebAddress
from config.refusal import refusal


class SignalWireKeys(ApiKeys):
    """SignalWire: replies and receipts are polled, so no port is opened; webhooks if you like."""

    needs_public_url = True
    is_asked = True

    kind: Literal["signalwire"] = Field(examples=["signalwire"])
    """SignalWire, by its compatibility interface."""
    url: WebAddress = Field(examples=["https://clinic.signalwire.com"])
    """The space."""
    project: Id = Field(examples=["aaaaaaaa-bbbb-cccc-dddd-0123456789ab"])
    """The project's ID."""
    token_file: SecretPlace = Field(examples=["credential:signalwire-token"])
    """Where an API token of the project is kept, one that may use messaging."""
    signing_key_file: SecretPlace | None = Field(default=None, examples=["credential:signalwire-signing-key"])
    """Where the project's signing key is kept: webhooks are signed with it."""
    confirms_opt_out: bool | None = Field(default=True, examples=["false"])
    """SignalWire answers STOP itself, unless you had that switched off."""

    @model_validator(mode="after")
    def _can_judge(self) -> Self:
        if self.webhooks and self.signing_key_file is None:
            raise refusal("cannot tell whose webhooks are genuine", "Add signing_key_file.")
        return self

    @property
    def address(self) -> str | None:
        return self.url
