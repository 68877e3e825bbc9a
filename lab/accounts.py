"""The SIP accounts behind the phones: one for each phone of the clinic, one for the whole outside world."""

import functools
import re
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from lab import ports
from lab.errors import LabError
from lab.exchange import MAX_ACCOUNTS, Exchange, exchange, guarded

REGISTRATION_SECONDS = 3600
REQUEST_LINE = re.compile(r"INVITE sip:([^@;>]+)@")

# (the PBX's host:port, the number called, the account, the call's id) -> whether somebody took it
Taker = Callable[[str, str, "Account", int], bool]


class Account:
    """An account of the exchange; hands every call that comes in to whoever takes calls."""

    def __init__(self, pj_account: "_PjAccount", *, registers: bool) -> None:
        self.pj = pj_account
        self.registers = registers

    def leave(self) -> None:
        """Unregister and free the account: pjsua has only eight."""
        lines = exchange()
        lines.run(lambda: self.pj.setRegistration(False))
        lines.wait(lambda: not self.pj.registered, 5)
        lines.run(self._free)

    def _free(self) -> None:
        lines = exchange()
        self.pj.shutdown()
        lines.accounts -= 1
        lines.retire(self.pj)
        del self.pj


def register(domain: str, number: str, secret: str, taker: Taker) -> Account:
    """Register one phone with the PBX at `domain` and return when the PBX has agreed."""
    lines = exchange()
    config = pj.AccountConfig()
    config.idUri = f"sip:{number}@{domain}"
    config.regConfig.registrarUri = f"sip:{domain}"
    config.regConfig.timeoutSec = REGISTRATION_SECONDS
    config.regConfig.retryIntervalSec = 0
    config.sipConfig.transportId = lines.inside
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", number, 0, secret))
    account = lines.run(lambda: _create(lines, config, taker))
    if not lines.wait(lambda: account.registered, 5):
        raise LabError(f"phone {number} could not register at {domain} (status {account.status})")
    return Account(account, registers=True)


@functools.cache
def carrier(taker: Taker) -> Account:
    """Give the outside world's account: it registers nowhere, the PBX knows it by its address."""
    lines = exchange()
    config = pj.AccountConfig()
    config.idUri = f"sip:carrier@{ports.CARRIER_HOST}"
    config.sipConfig.transportId = lines.outside
    return Account(lines.run(lambda: _create(lines, config, taker)), registers=False)


def _create(lines: Exchange, config: Any, taker: Taker) -> "_PjAccount":
    if lines.accounts >= MAX_ACCOUNTS:
        raise LabError(f"no more than {MAX_ACCOUNTS - 1} phones inside can exist in one process: close some")
    account = _PjAccount(lines, taker)
    account.create(config)
    lines.accounts += 1
    return account


class _PjAccount(pj.Account):  # type: ignore[misc] # pjsua2 has no types
    """Carries pjsua2's callbacks."""

    def __init__(self, lines: Exchange, taker: Taker) -> None:
        super().__init__()
        self.registered = False
        self.status = 0
        self.texts: list[tuple[str, str, str]] = []
        """From, To and words of the texts that came."""
        self._lines = lines
        self._taker = taker

    def onRegState(self, state: Any) -> None:  # noqa: N802 - pjsua2 names it
        """Called by pjsua2 when a registration is answered."""
        self.status = int(state.code)
        self.registered = self.status == pj.PJSIP_SC_OK and state.expiration > 0
        self._lines.notify()

    def onInstantMessage(self, message: Any) -> None:  # noqa: N802 - pjsua2 names it
        """Called by pjsua2 when the PBX sends a text."""
        guarded(lambda: self._keep(message))()

    def _keep(self, message: Any) -> None:
        self.texts.append((str(message.fromUri), str(message.toUri), str(message.msgBody)))
        self._lines.notify()

    def onIncomingCall(self, incoming: Any) -> None:  # noqa: N802 - pjsua2 names it
        """Called by pjsua2 when the PBX calls; who is meant stands in the request line."""
        guarded(lambda: self._hand_over(incoming))()

    def _hand_over(self, incoming: Any) -> None:
        called = REQUEST_LINE.match(incoming.rdata.wholeMsg)
        number = called[1] if called else ""
        if not self._taker(
            incoming.rdata.srcAddress, number, Account(self, registers=False), incoming.callId
        ):
            call = pj.Call(self, incoming.callId)
            refusal = pj.CallOpParam()
            refusal.statusCode = pj.PJSIP_SC_NOT_FOUND
            call.answer(refusal)
            self._lines.retire(call)
