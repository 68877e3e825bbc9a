"""What the carriers with interfaces of their own on the web have in common."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from config.carriers.base import RegisteredKeys
from config.fields import PositiveDuration
from config.refusal import refusal


def _id(text: str) -> str:
    if not (text.isascii() and text.replace("-", "").replace("_", "").isalnum() and len(text) <= 64):
        raise refusal("is no id", "Copy it from the carrier's console: letters, digits and hyphens.")
    return text


Id = Annotated[str, AfterValidator(_id)]
"""What a carrier calls an account, an application, a profile."""


class ApiKeys(RegisteredKeys):
    """A carrier with an interface of its own."""

    timeout: PositiveDuration = Field(default=timedelta(seconds=10), examples=["10s"])
    """How long to wait for an answer."""

    @property
    def request_time(self) -> timedelta:
        """How long it may take to answer."""
        return self.timeout
