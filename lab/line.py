"""One call on a lab phone: what state it is in, what can be done with it, what is heard on it."""

import contextlib
import enum
import time
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from lab.errors import LabError
from lab.exchange import Exchange, exchange, guarded, usual
from lab.sound import Sound


class State(enum.Enum):
    """How far a call has come; later states include the earlier ones."""

    CALLING = 1  # sent, nothing heard yet
    RINGING = 2  # it rings at our end or at theirs
    TALKING = 3
    ENDED = 4


class Line:
    """One call of one phone. Every wait is for evidence and ends with an error that says what was missing."""

    def __init__(self, name: str, domain: str, *, incoming: bool = False) -> None:
        self.name = name
        self.incoming = incoming
        self.status = 0  # the last SIP status: 486 busy, 603 declined, ...
        self.transfer_status = 0
        self.held = False
        self._domain = domain  # host:port of the PBX that this call goes through
        self._seen: set[State] = {State.CALLING}
        self._exchange: Exchange = exchange()
        self._call: Any = None
        self._sound = Sound()
        self._has_audio = False

    def __repr__(self) -> str:
        return f"<Line {self.name} {self.state.name} {self.status}>"

    @property
    def state(self) -> State:
        """The furthest state reached."""
        return max(self._seen, key=lambda state: state.value)

    def reached(self, state: State) -> bool:
        """Say whether the call has ever been in this state."""
        return state in self._seen

    def wait_for(self, state: State, timeout: float = 5) -> "Line":
        """Wait until the call has been in this state; a call that ended without it is an error at once."""
        self._wait(
            lambda: self.reached(state) or (state is not State.ENDED and self.reached(State.ENDED)),
            timeout,
            state.name,
        )
        if not self.reached(state):
            raise LabError(f"{self!r} ended before it was {state.name}")
        return self

    def stay(self, seconds: float) -> "Line":
        """Let the call go on for a while: people take their time. Returns early when it ends."""
        self._exchange.wait(lambda: self.reached(State.ENDED), seconds)
        return self

    # -- what a person can do ------------------------------------------------------------------------

    def answer(self) -> "Line":
        """Pick up."""
        self._exchange.run(lambda: self._reply(pj.PJSIP_SC_OK))
        return self

    def pick_up(self) -> None:
        """Pick up, if the caller has not gone meanwhile."""
        with contextlib.suppress(LabError):
            self.answer()

    def refuse(self, status: int) -> None:
        """Refuse with a SIP status: 486 busy, 603 declined, 480 unavailable, 503 congested."""
        self._exchange.run(lambda: self._reply(status))

    def forward(self, target: str) -> None:
        """Send the call elsewhere (302), as a phone set to forward does."""
        self._exchange.run(lambda: self._redirect(target))

    def hang_up(self, timeout: float = 5) -> None:
        """Hang up and wait until the call is over. A call that is over already is left alone."""
        self.start_hang_up()
        self.wait_for(State.ENDED, timeout)

    def start_hang_up(self) -> None:
        """Hang up without waiting for the other side to agree."""
        self._exchange.run(self._end)

    def dial(self, digits: str) -> None:
        """Press keys (RFC 4733)."""
        self.wait_for_audio()
        self._exchange.run(lambda: self._call.dialDtmf(digits))

    def hold(self) -> None:
        """Put the other side on hold and wait until they are."""
        self._exchange.run(lambda: self._call.setHold(usual()))
        self._wait(lambda: self.held, 5, "held")

    def unhold(self) -> None:
        """Take the other side back from hold."""
        self._exchange.run(self._resume)
        self._wait(lambda: not self.held, 5, "back from hold")

    def transfer(self, target: str) -> None:
        """Hand the other side over to a number, unannounced (REFER), and wait until the PBX took it."""
        self._exchange.run(lambda: self._call.xfer(self._uri(target), usual()))
        self._wait_until_transferred()

    def transfer_to(self, other: "Line") -> None:
        """Join the other sides of this call and of another one of ours (REFER with Replaces)."""
        self._exchange.run(
            lambda: self._call.xferReplaces(other._call, usual())  # noqa: SLF001 - another Line
        )
        self._wait_until_transferred()

    # -- sound -----------------------------------------------------------------------------------------

    def wait_for_audio(self, timeout: float = 5) -> None:
        """Wait until sound can flow: early media counts."""
        self._wait(lambda: self._has_audio or self.reached(State.ENDED), timeout, "given audio")
        if not self._has_audio:
            raise LabError(f"{self!r} ended without audio")

    def play_tone(self, frequency: int) -> None:
        """Speak, in the way of machines: one tone, until the call ends."""
        self.wait_for_audio()
        self._exchange.run(lambda: self._start_tone(frequency))

    def hears(self, frequency: int, timeout: float = 5) -> bool:
        """Say whether a tone comes in from the other side within the time given."""
        self.listen()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._sound.hears(frequency):
                return True
            self._exchange.wait(lambda: self.reached(State.ENDED), 0.1)
        return False

    def wait_to_hear(self, frequency: int, timeout: float = 5) -> None:
        """Wait for a tone from the other side: an announcement has begun."""
        if not self.hears(frequency, timeout):
            raise LabError(f"{self!r} did not hear {frequency} Hz within {timeout} s")

    def listen(self) -> None:
        """Begin to record what comes in."""
        self.wait_for_audio()
        self._exchange.run(self._start_recorder)

    def first_heard(self, frequency: int) -> float | None:
        """When a tone from the other side began, in seconds since 1970; None when none did since `listen`."""
        return self._sound.first_heard(frequency)

    # -- called on the SIP thread ------------------------------------------------------------------------

    def bind(self, call: Any) -> None:
        """Take the pjsua2 call that this line is about."""
        self._call = call

    def ring(self) -> None:
        """Say to the other side that we ring."""
        self._reply(pj.PJSIP_SC_RINGING)

    def entered(self, state: State, status: int) -> None:
        """Note a new state."""
        self.status = status or self.status
        self._seen.add(state)
        if state is State.ENDED:
            self._release()
        self._exchange.notify()

    def media_changed(self) -> None:
        """Note whether sound can flow, and whether the other side is on hold."""
        info = self._call.getInfo()  # its parts die with it: it must outlive them
        media = [m for m in info.media if m.type == pj.PJMEDIA_TYPE_AUDIO]
        self.held = any(m.status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD for m in media)
        self._has_audio = any(m.status == pj.PJSUA_CALL_MEDIA_ACTIVE for m in media)
        if self._has_audio:
            self._connect_audio()
        self._exchange.notify()

    def transfer_progressed(self, status: int) -> None:
        """Note how far the other side's move has come."""
        self.transfer_status = status
        self._exchange.notify()

    def _reply(self, status: int) -> None:
        if self._call is None:
            return
        answer = pj.CallOpParam()
        answer.statusCode = status
        self._call.answer(answer)

    def _redirect(self, target: str) -> None:
        contact = pj.SipHeader()
        contact.hName, contact.hValue = "Contact", f"<{self._uri(target)}>"
        answer = pj.CallOpParam()
        answer.statusCode = pj.PJSIP_SC_MOVED_TEMPORARILY
        answer.txOption.headers.append(contact)
        self._call.answer(answer)

    def _end(self) -> None:
        if self._call is not None and not self.reached(State.ENDED):
            with contextlib.suppress(pj.Error):  # the other side was faster
                self._call.hangup(pj.CallOpParam())

    def _resume(self) -> None:
        again = usual()
        again.opt.flag = pj.PJSUA_CALL_UNHOLD
        self._call.reinvite(again)

    def _start_tone(self, frequency: int) -> None:
        self._sound.start_tone(frequency)
        self._connect_audio()

    def _start_recorder(self) -> None:
        self._sound.start_recorder()
        self._connect_audio()

    def _connect_audio(self) -> None:
        if self._has_audio:
            self._sound.connect(self._call.getAudioMedia(-1))

    def _release(self) -> None:
        for thing in (self._call, *self._sound.release()):
            self._exchange.retire(thing)
        self._call = None
        self._has_audio = False

    # -- inside ------------------------------------------------------------------------------------------

    def _uri(self, target: str) -> str:
        return f"sip:{target}@{self._domain}"

    def _wait(self, happened: Callable[[], bool], timeout: float, what: str) -> None:
        if not self._exchange.wait(happened, timeout):
            raise LabError(f"{self!r} was not {what} within {timeout} s")

    def _wait_until_transferred(self) -> None:
        self._wait(
            lambda: self.transfer_status >= pj.PJSIP_SC_OK or self.reached(State.ENDED), 5, "transferred"
        )
        if self.transfer_status >= pj.PJSIP_SC_MULTIPLE_CHOICES:
            raise LabError(f"the PBX did not take the transfer of {self!r}: {self.transfer_status}")


class PjCall(pj.Call):  # type: ignore[misc] # pjsua2 has no types
    """Carries pjsua2's callbacks to a line."""

    def __init__(self, account: Any, line: Line, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self._line = line
        line.bind(self)

    def onCallState(self, _: Any) -> None:  # noqa: N802 - pjsua2 names it
        """Called by pjsua2 on every change of the SIP dialog."""
        guarded(self._state_changed)()

    def onCallMediaState(self, _: Any) -> None:  # noqa: N802 - pjsua2 names it
        """Called by pjsua2 when sound starts, stops or is held."""
        guarded(self._line.media_changed)()

    def onCallTransferStatus(self, progress: Any) -> None:  # noqa: N802 - pjsua2 names it
        """Called by pjsua2 as a transfer that we asked for goes on."""
        status = int(progress.statusCode)
        guarded(lambda: self._line.transfer_progressed(status))()

    def _state_changed(self) -> None:
        info = self.getInfo()
        status = int(info.lastStatusCode)
        match info.state:
            case pj.PJSIP_INV_STATE_EARLY if status == pj.PJSIP_SC_RINGING:
                self._line.entered(State.RINGING, status)
            case pj.PJSIP_INV_STATE_CONFIRMED:
                self._line.entered(State.TALKING, status)
            case pj.PJSIP_INV_STATE_DISCONNECTED:
                self._line.entered(State.ENDED, status)
