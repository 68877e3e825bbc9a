"""Real SIP phones for the lab, inside the clinic and outside.

desk = Phone.inside(pbx, "1001")                  # registers with the PBX
caller = Phone.outside(pbx, "+13125550123")       # comes in through the carrier; None: withheld
call = caller.call("2025550100")
desk.next_call().wait_for(State.RINGING).answer()
call.wait_for(State.TALKING)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import pjsua2 as pj

from lab import ports
from lab.accounts import Account, carrier, register
from lab.errors import LabError
from lab.exchange import Exchange, exchange, usual
from lab.line import Line, PjCall, State

if TYPE_CHECKING:
    from lab.pbx import Pbx

__all__ = ["Answer", "Behaviour", "Forward", "Line", "Phone", "Refuse", "Ring", "State"]

BUSY, UNAVAILABLE, CONGESTED, DECLINED = 486, 480, 503, 603
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'


@dataclass(frozen=True)
class Ring:
    """Ring until somebody does something."""


@dataclass(frozen=True)
class Answer:
    """Pick up, after so many seconds of ringing."""

    after: float = 0


@dataclass(frozen=True)
class Refuse:
    """Turn every call away with a SIP status."""

    status: int = BUSY


@dataclass(frozen=True)
class Forward:
    """Send every call elsewhere."""

    to: str


Behaviour = Ring | Answer | Refuse | Forward
RING = Ring()

_phones: dict[tuple[str, str], "Phone"] = {}  # (host:port of its PBX, number): who an incoming call is for


class Phone:
    """A phone: where it lives, what it does when called, and the calls that it has had."""

    def __init__(
        self, pbx: "Pbx", number: str | None, behaviour: Behaviour, *, masked: bool = False, name: str = ""
    ) -> None:
        self.number = number
        self.masked = masked
        self.name = name
        self.when_called = behaviour
        self.lines: list[Line] = []
        self._account: Account | None = None
        self._taken = 0
        self._domain = f"{pbx.sip_host}:{pbx.sip_port}"
        self._exchange: Exchange = exchange()
        if number:
            _phones[self._domain, number] = self

    @classmethod
    def inside(cls, pbx: "Pbx", number: str, *, when_called: Behaviour = RING) -> Self:
        """Give a phone of the clinic, registered."""
        phone = cls(pbx, number, when_called)
        phone._account = register(phone._domain, number, pbx.phone_secrets[number], hand_over)
        return phone

    @classmethod
    def outside(
        cls,
        pbx: "Pbx",
        number: str | None,
        *,
        when_called: Behaviour = RING,
        masked: bool = False,
        name: str = "",
    ) -> Self:
        """Give a phone on the carrier's side of the trunk; without a number it withholds it.

        `masked`: the carrier vouches for the number (P-Asserted-Identity) and asks not to show it. `name` is what it
        shows beside the number; both may hold whatever SIP can carry.
        """
        phone = cls(pbx, number, when_called, masked=masked, name=name)
        phone._account = carrier(hand_over)
        return phone

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Phone {self.number or 'withheld'} {self.lines}>"

    @property
    def line(self) -> Line:
        """The latest call."""
        if not self.lines:
            raise LabError(f"{self!r} has had no call")
        return self.lines[-1]

    def call(self, target: str) -> Line:
        """Dial a number, and give the call at once; `wait_for` tells how it goes."""
        line = Line(f"{self.number or 'withheld'}->{target}", self._domain)
        self._exchange.run(lambda: self._dial(target, line))
        self.lines.append(line)
        return line

    def next_call(self, timeout: float = 5) -> Line:
        """Wait for the next call that comes in, in order, and give it."""
        if not self._exchange.wait(lambda: len(self._incoming()) > self._taken, timeout):
            raise LabError(f"{self!r} was not called within {timeout} s")
        self._taken += 1
        return self._incoming()[self._taken - 1]

    def close(self) -> None:
        """Hang up everything, and leave the PBX."""
        for line in self.lines:
            line.start_hang_up()
        for line in self.lines:
            line.wait_for(State.ENDED)
        if self.number and _phones.get((self._domain, self.number)) is self:
            del _phones[self._domain, self.number]
        if self._account and self._account.registers:
            self._account.leave()
        self._account = None

    # -- called on the SIP thread ----------------------------------------------------------------------

    def _dial(self, target: str, line: Line) -> None:
        if self._account is None:
            raise LabError(f"{self!r} is closed")
        how = usual()
        if not self._account.registers:
            how.txOption.localUri = self._identity() if self.number else ANONYMOUS
            if self.masked:
                identity = f"<sip:{self.number}@{ports.CARRIER_HOST}>"
                how.txOption.headers.append(_header("P-Asserted-Identity", identity))
            if self.number is None or self.masked:
                how.txOption.headers.append(_header("Privacy", "id"))
        PjCall(self._account.pj, line).makeCall(f"sip:{target}@{self._domain}", how)

    def _identity(self) -> str:
        """Who calls, as SIP writes it: quoted, escaped."""
        name = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{name}" <sip:{quote(self.number or "", safe="+")}@127.0.0.1>'

    def take(self, account: Account, call_id: int) -> None:
        """Treat a call that comes in as this phone is told to."""
        line = Line(f"->{self.number}", self._domain, incoming=True)
        PjCall(account.pj, line, call_id)
        self.lines.append(line)
        self._behave(line)
        self._exchange.notify()

    def _behave(self, line: Line) -> None:
        match self.when_called:
            case Ring():
                line.ring()
            case Answer(after=seconds):
                line.ring()
                self._exchange.after(seconds, line.pick_up)
            case Refuse(status=status):
                line.refuse(status)
            case Forward(to=target):
                line.forward(target)

    def _incoming(self) -> list[Line]:
        return [line for line in self.lines if line.incoming]


def close_all(phones: Iterable[Phone]) -> None:
    """Close every phone."""
    for phone in phones:
        phone.close()


def hand_over(pbx: str, number: str, account: Account, call_id: int) -> bool:
    """Give a call that comes in to the phone that is called; False when there is none."""
    phone = _phones.get((pbx, number))
    if phone:
        phone.take(account, call_id)
    return phone is not None


def _header(name: str, value: str) -> Any:
    header = pj.SipHeader()
    header.hName, header.hValue = name, value
    return header
