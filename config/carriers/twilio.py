"""Twilio."""

from typing import Literal, Self

from pydantic import Field, model_validator

from config.carriers.api import ApiKeys, Id
from config.links import SecretPlace, WebAddress
from config.refusal import refusal


class TwilioKeys(ApiKeys):
    """Twilio: replies and receipts are polled, so no port is opened; webhooks if you like."""

    needs_public_url = True
    is_asked = True

    kind: Literal["twilio"] = Field(examples=["twilio"])
    """Twilio's Programmable Messaging."""
    account: Id = Field(examples=["ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"])
    """The account's SID."""
    api_key: Id | None = Field(default=None, examples=["SKXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"])
    """The SID of an API key; left out: the account's auth token is used instead."""
    api_secret_file: SecretPlace | None = Field(default=None, examples=["credential:twilio-secret"])
    """Where the secret of that API key is kept."""
    auth_token_file: SecretPlace | None = Field(default=None, examples=["credential:twilio-auth-token"])
    """Where the account's auth token is kept: webhooks are signed with it."""
    confirms_opt_out: bool | None = Field(default=True, examples=["false"])
    """Twilio answers STOP itself, unless you had that switched off."""
    url: WebAddress = Field(default="https://api.twilio.com", examples=["https://api.ie1.twilio.com"])
    """Twilio's address; another one for another region."""

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if (self.api_key is None) != (self.api_secret_file is None):
            raise refusal("names an API key without its secret, or the other way round", "Add the other one.")
        if self.api_key is None and self.auth_token_file is None:
            raise refusal("has nothing to log in with", "Add api_key and api_secret_file.")
        if self.webhooks and self.auth_token_file is None:
            raise refusal("cannot tell whose webhooks are genuine", "Add auth_token_file.")
        return self

    @property
    def address(self) -> str | None:
        return self.url
