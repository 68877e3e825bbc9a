"""Bandwidth."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from config.carriers.api import ApiKeys, Id
from config.fields import Line
from config.links import SecretPlace, WebAddress


class BandwidthKeys(ApiKeys):
    """Bandwidth: replies and receipts come by webhook, so it needs `webhooks`."""

    kind: Literal["bandwidth"] = Field(examples=["bandwidth"])
    """Bandwidth's messaging, version 2."""
    account: Id = Field(examples=["9900000"])
    """The account's ID."""
    application: Id = Field(examples=["aaaaaaaa-bbbb-cccc-dddd-0123456789ab"])
    """The messaging application's ID."""
    client_id: Line = Field(examples=["CLI-aaaaaaaa-bbbb-cccc"])
    """The client ID of an API credential that may use messaging."""
    client_secret_file: SecretPlace = Field(examples=["credential:bandwidth-secret"])
    """Where that credential's client secret is kept."""
    callback_user: Line = Field(default="bandwidth", examples=["bandwidth"])
    """The user that its callbacks log in as, set at the application."""
    callback_password_file: SecretPlace = Field(examples=["credential:bandwidth-callback"])
    """Where the password of its callbacks is kept, set at the application."""
    webhooks: bool = Field(default=True, examples=["true"])
    """It sends replies and receipts to us; it has no other way."""
    line_types: bool = Field(default=False, examples=["true"])
    """Ask its number look-up whether a number is a mobile; it charges, and has to be enabled for the account."""
    url: WebAddress = Field(
        default="https://messaging.bandwidth.com", examples=["https://messaging.bandwidth.com"]
    )
    """Where texts are posted to."""
    api_url: WebAddress = Field(default="https://api.bandwidth.com", examples=["https://api.bandwidth.com"])
    """Where tokens are given out and numbers are looked up."""

    @property
    def address(self) -> str | None:
        return self.url

    @property
    def request_time(self) -> timedelta:
        """Now and then a new token has to be fetched first."""
        return 2 * self.timeout
