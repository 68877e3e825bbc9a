"""The PBX's own SIP trunk."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.carriers.wire import Host, WireKeys
from config.fields import Line, PositiveDuration
from config.links import SecretPlace
from config.refusal import refusal


def _endpoint(text: str) -> str:
    if not text.replace("-", "").replace("_", "").replace(".", "").isalnum() or not text.isascii():
        raise refusal("is no name of an endpoint", "Write it as it stands in pjsip.conf.")
    return text


class SipKeys(WireKeys):
    """SIP MESSAGE through the PBX's own trunk; the manager interface is that of `ami`."""

    kind: Literal["sip"] = Field(examples=["sip"])
    """For carriers that take and send texts over the trunk that calls come by."""
    user: Line = Field(default="secondring-texts", examples=["secondring-texts"])
    """The manager's user that may send texts."""
    secret_file: SecretPlace = Field(examples=["credential:ami-texts-secret"])
    """Where that user's secret is kept."""
    endpoint: Annotated[str, AfterValidator(_endpoint)] = Field(examples=["trunk"])
    """The trunk's endpoint in pjsip.conf."""
    host: Host = Field(examples=["sip.carrier.example"])
    """What stands after the @ of whom we write to."""
    our_host: Host = Field(examples=["pbx.clinic.example"])
    """What stands after the @ of our own number."""
    plus: bool = Field(default=True, examples=["false"])
    """Write numbers with their +."""
    poll: PositiveDuration = Field(default=timedelta(seconds=2), examples=["2s"])
    """How often the PBX is asked for texts that wait."""
