"""Vonage."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.carriers.api import ApiKeys, Id
from config.links import SecretPlace, WebAddress
from config.refusal import refusal


class VonageKeys(ApiKeys):
    """Vonage: replies and receipts come by webhook, so it needs `webhooks`."""

    kind: Literal["vonage"] = Field(examples=["vonage"])
    """Vonage's Messages API."""
    application: Id = Field(examples=["aaaaaaaa-bbbb-cccc-dddd-0123456789ab"])
    """The application's ID; our numbers are linked to it."""
    private_key_file: SecretPlace = Field(examples=["credential:vonage-private-key"])
    """Where the application's private key is kept."""
    signature_secret_file: SecretPlace = Field(examples=["credential:vonage-signature-secret"])
    """Where the account's signature secret is kept: webhooks are signed with it."""
    webhooks: bool = Field(default=True, examples=["true"])
    """It sends replies and receipts to us; it has no other way."""
    line_types: bool = Field(default=False, examples=["true"])
    """Ask Number Insight whether a number is a mobile; it charges, and needs the two keys below."""
    api_key: Id | None = Field(default=None, examples=["a1b2c3d4"])
    """The account's API key, for Number Insight only."""
    api_secret_file: SecretPlace | None = Field(default=None, examples=["credential:vonage-api-secret"])
    """Where the account's API secret is kept, for Number Insight only."""
    url: WebAddress = Field(default="https://api.nexmo.com", examples=["https://api-us.nexmo.com"])
    """Vonage's address; another one for another region."""

    @model_validator(mode="after")
    def _can_ask(self) -> Self:
        if self.line_types and (self.api_key is None or self.api_secret_file is None):
            raise refusal(
                "is to ask for line types and cannot log in there", "Add api_key and api_secret_file."
            )
        return self

    @property
    def address(self) -> str | None:
        return self.url
