"""What every carrier's keys have in common. A driver's own keys are a subclass in a file beside this one.

A key that ends in `_file` names where a secret is kept; the driver gets it read, under the name without `_file`.
"""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field, PlainValidator

from config.fields import PositiveDuration, Word, read_numbers
from config.section import Section
from secondring.domain.phone import PhoneNumber


def _numbers(raw: object) -> tuple[PhoneNumber, ...]:
    return read_numbers(raw, region="ZZ")


Numbers = Annotated[tuple[PhoneNumber, ...], PlainValidator(_numbers)]
PerSecond = Annotated[float, Field(gt=0, le=1000)]
PerDay = Annotated[int, Field(ge=1, le=10_000_000)]


class CarrierKeys(Section):
    """A carrier."""

    needs_public_url: ClassVar[bool] = False
    """Its signatures cover the address that it sends to, so `webhooks.public_url` has to be known."""

    is_asked: ClassVar[bool] = False
    """Replies and receipts are fetched from it, every `poll`."""
    opens_way_back: ClassVar[str] = "Write `webhooks: true` there, and see docs/carriers.md."
    """What lets replies in where none can come."""

    name: Word = Field(examples=["main"])
    """What you call it; part of every text's id at it, so never change it once texts are stored."""
    senders: Numbers = Field(default=(), examples=["[+1 202 555 0123]"])
    """The clinic's numbers that it may send from; all of them when left out."""
    poll: PositiveDuration = Field(default=timedelta(seconds=5), examples=["5s"])
    """How often it is asked for replies and receipts, where it can be asked."""
    webhooks: bool = Field(default=False, examples=["true"])
    """It sends replies and receipts to us instead, at `webhooks.public_url`/carriers/NAME/inbound and /receipt."""
    confirms_opt_out: bool | None = Field(default=None, examples=["true"])
    """It answers STOP itself, so that Second Ring does not; left out: as it usually does."""
    line_types: bool = Field(default=True, examples=["false"])
    """Ask it whether a number is a mobile before the first text goes there, where it can be asked; carriers charge."""
    number_per_second: PerSecond | None = Field(default=None, examples=["1"])
    """Parts of texts that one of our numbers sends in a second; `gateway.per_second` when left out."""
    brand_per_second: PerSecond | None = Field(default=None, examples=["3.75"])
    """Parts of texts that all our numbers together send in a second; no limit when left out."""
    number_per_day: PerDay | None = Field(default=None, examples=["1000"])
    """Parts of texts that one of our numbers sends in a day (UTC); no limit when left out."""
    brand_per_day: PerDay | None = Field(default=None, examples=["2000"])
    """Parts of texts that all our numbers together send in a day (UTC); no limit when left out."""

    @property
    def sends_from(self) -> tuple[PhoneNumber, ...]:
        """The clinic's numbers that it may send from; none named means all of them."""
        return self.senders

    @property
    def knocks(self) -> bool:
        """True when it sends replies and receipts to our webhooks."""
        return self.webhooks

    @property
    def hears_back(self) -> bool:
        """True when replies have a way to us."""
        return self.is_asked or self.knocks

    @property
    def address(self) -> str | None:
        """A web address of it that can be tried without sending anything; None when there is none."""
        return None

    @property
    def request_time(self) -> timedelta:
        """How long it may take to answer."""
        return timedelta(seconds=10)


class RegisteredKeys(CarrierKeys):
    """A carrier in the US that businesses register ordinary numbers with (10DLC), with the limits of a small brand."""

    number_per_second: PerSecond | None = Field(default=1.0, examples=["1"])
    """Parts of texts that one of our numbers sends in a second."""
    brand_per_second: PerSecond | None = Field(default=3.75, examples=["3.75"])
    """Parts of texts that all our numbers together send in a second."""
    brand_per_day: PerDay | None = Field(default=2000, examples=["2000"])
    """Parts of texts that all our numbers together send in a day; T-Mobile drops what a small brand sends beyond."""
