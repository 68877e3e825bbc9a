"""A clinic's files in memory, as a running service knows them, and what is set on screen over them."""

from dataclasses import dataclass, field
from pathlib import Path

from config.build import build_rules
from config.loader import Layers, default_source
from config.problems import Place
from config.tree import Source
from secondring.domain.rules import Rules
from secondring.files import Files
from sms_gateway.messages import Messages

TWO_SITES = """\
sites:
  north:
    name: Northside Clinic
    phone: +1 202 555 0100
    zone: America/New_York
    hours: {mon-fri: ["08:00-12:00", "13:00-17:00"]}
    booking_url: https://book.example/north
  south:
    name: Southside Clinic
    phone: +1 202 555 0180
    zone: America/New_York
    hours: {mon-fri: ["08:00-12:00", "13:00-17:00"]}
"""


@dataclass
class ClinicFiles:
    """The files; `now` may be changed while a service runs."""

    then: str = TWO_SITES
    now: str = ""
    own_messages: Path | None = None
    started_with: int = 0
    name: str = "10-site.yaml"
    made: Files = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.now or self.then
        self.made = Files(
            layers=self._layers(self.then),
            reread=lambda: self._layers(self.now),
            messages=lambda wording: Messages(self.own_messages, wording),
            started_with=self.started_with,
        )

    def _layers(self, text: str) -> Layers:
        return Layers(
            sources=(default_source(), Source(name=self.name, text=text)), where=Place(file=self.name)
        )

    def rules(self) -> Rules:
        """What the files alone say."""
        return build_rules(self.made.layers.checked().found)
