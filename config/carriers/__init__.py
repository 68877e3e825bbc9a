"""Every kind of carrier there is, by the model of its keys. A driver adds its file here and its line below."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from config.carriers.base import CarrierKeys, RegisteredKeys
from config.carriers.handset import HandsetKeys
from config.carriers.http import HttpKeys

__all__ = ["KINDS", "AnyCarrier", "CarrierKeys", "HandsetKeys", "HttpKeys", "RegisteredKeys"]

KINDS = (
    HandsetKeys,
    HttpKeys,
)

if TYPE_CHECKING:
    AnyCarrier = CarrierKeys
else:
    AnyCarrier = Annotated[Union[KINDS], Field(discriminator="kind")]  # noqa: UP007 - of as many as there are
