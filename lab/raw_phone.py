"""A phone without a SIP library, for what a library does not let one choose: where its RTP sequence numbers begin.

    with RawPhone(pbx, tone=1900, first_sequence=50_000) as phone:
        phone.call("+13125550111", "2025550168")
        phone.hears(1500)

One call at a time, mu-law, as the carrier knows it by its address (`ports.LOAD_HOST`). It answers what it is asked.
"""

import array
import contextlib
import math
import re
import secrets
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Self

from lab import ports
from lab.errors import LabError
from lab.pbx import Pbx
from lab.sounds import RATE, tone_share

FRAME = RATE // 50
"""Samples of the 20 ms in a packet."""
LISTEN_SAMPLES = RATE // 4
CLEAR_TONE = 0.5
ULAW_BIAS = 132
TO_TAG = re.compile(r"^To:.*;tag=", re.IGNORECASE | re.MULTILINE)


def to_ulaw(sample: int) -> int:
    """Encode one 16 bit sample (ITU-T G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + ULAW_BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF


def from_ulaw(byte: int) -> int:
    """Decode one byte (ITU-T G.711)."""
    value = ~byte & 0xFF
    magnitude = (((value & 0x0F) << 3) + ULAW_BIAS << (value >> 4 & 0x07)) - ULAW_BIAS
    return -magnitude if value & 0x80 else magnitude


class RawPhone:
    """One line. `first_sequence` is 0 to 65535: what the first RTP packet is numbered."""

    def __init__(self, pbx: Pbx, *, tone: int, first_sequence: int) -> None:
        self._pbx = (pbx.sip_host, pbx.sip_port)
        self._sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sip.bind((ports.LOAD_HOST, pbx.load_port))
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp.bind((ports.LOAD_HOST, 0))
        self._tone = _tone(tone)
        self._sequence = first_sequence
        self._changed = threading.Condition()
        self._heard: array.array[int] = array.array("h")
        self._over = threading.Event()
        self._talking = False
        self._ended = False
        self._dialog: dict[str, str] = {}
        self._tag = secrets.token_hex(4)
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._answer, self._speak, self._listen)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._talking and not self._ended:
            self.hang_up()
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._sip.close()
        self._rtp.close()

    def call(self, number: str, target: str) -> None:
        """Dial, showing `number`, and wait until somebody or something answers."""
        self._dialog = {
            "uri": f"sip:{target}@{self._pbx[0]}:{self._pbx[1]}",
            "us": f"<sip:{number}@127.0.0.1>;tag={self._tag}",
            "them": f"<sip:{target}@{self._pbx[0]}>",
            "id": secrets.token_hex(8),
        }
        self._request("INVITE", 1, self._sdp())
        self.wait_until_talking()

    def wait_until_talking(self, timeout: float = 10) -> None:
        """Wait until the call is answered, by them or by us."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._talking, timeout):
                raise LabError(f"the raw phone was not connected within {timeout} s")

    def hears(self, frequency: int, timeout: float = 5) -> bool:
        """Say whether a tone comes in within the time given."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while tone_share(self._heard[-LISTEN_SAMPLES:], frequency) <= CLEAR_TONE:
                if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                    return False
        return True

    def hang_up(self) -> None:
        """End the call."""
        self._ended = True
        self._request("BYE", 2)

    # -- SIP ---------------------------------------------------------------------------------------------

    def _answer(self) -> None:
        while not self._over.is_set():
            message = _received(self._sip)
            if message is None:
                continue
            head, _, body = message.decode(errors="replace").partition("\r\n\r\n")
            first, *lines = head.split("\r\n")
            if first.startswith("SIP/2.0 "):
                self._answered(int(first.split()[1]), head, body)
            else:
                self._asked(first.split()[0], lines, head, body)

    def _answered(self, status: int, head: str, body: str) -> None:
        if not 200 <= status < 300 or "INVITE" not in (_header(head, "CSeq") or ""):
            return
        self._dialog |= {"them": _header(head, "To") or "", "uri": _contact(head)}
        self._request("ACK", 1)
        self._connect(body)

    def _asked(self, method: str, lines: list[str], head: str, body: str) -> None:
        if method == "ACK":
            return
        keep = [
            line for line in lines if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq")
        ]
        if not TO_TAG.search(head):
            keep = [f"{line};tag={self._tag}" if line.lower().startswith("to:") else line for line in keep]
        sdp = self._sdp() if method == "INVITE" else ""
        self._send("SIP/2.0 200 OK", keep, sdp)
        if method == "INVITE":
            self._dialog = {
                "uri": _contact(head),
                "us": f"{_header(head, 'To')};tag={self._tag}",
                "them": _header(head, "From") or "",
                "id": _header(head, "Call-ID") or "",
            }
            self._connect(body)
        elif method == "BYE":
            self._ended = True

    def _request(self, method: str, number: int, sdp: str = "") -> None:
        via = f"SIP/2.0/UDP {self._at()};branch=z9hG4bK{secrets.token_hex(6)};rport"
        lines = [
            f"Via: {via}",
            "Max-Forwards: 70",
            f"From: {self._dialog['us']}",
            f"To: {self._dialog['them']}",
            f"Call-ID: {self._dialog['id']}",
            f"CSeq: {number} {method}",
        ]
        self._send(f"{method} {self._dialog['uri']} SIP/2.0", lines, sdp)

    def _send(self, first: str, lines: list[str], sdp: str) -> None:
        kind = ["Content-Type: application/sdp"] if sdp else []
        head = [first, *lines, f"Contact: <sip:raw@{self._at()}>", *kind, f"Content-Length: {len(sdp)}"]
        self._sip.sendto(("\r\n".join(head) + "\r\n\r\n" + sdp).encode(), self._pbx)

    def _at(self) -> str:
        host, port = self._sip.getsockname()
        return f"{host}:{port}"

    def _sdp(self) -> str:
        host, port = self._rtp.getsockname()
        return (
            f"v=0\r\no=raw 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        )

    def _connect(self, sdp: str) -> None:
        port = re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
        if port is None:
            return
        with self._changed:
            self._media = (self._pbx[0], int(port[1]))
            self._talking = True
            self._changed.notify_all()

    # -- sound -------------------------------------------------------------------------------------------

    def _speak(self) -> None:
        source, stamp = secrets.randbits(32), 0
        due = time.monotonic()
        while not self._over.wait(max(due - time.monotonic(), 0)):
            due += 0.02
            if not self._talking:
                continue
            start = stamp % len(self._tone)
            sound = (self._tone + self._tone)[start : start + FRAME]
            header = struct.pack("!BBHII", 0x80, 0, self._sequence, stamp, source)
            self._rtp.sendto(header + sound, self._media)
            self._sequence = (self._sequence + 1) % 0x10000
            stamp += FRAME

    def _listen(self) -> None:
        while not self._over.is_set():
            packet = _received(self._rtp)
            if packet is None or packet[1] & 0x7F:
                continue
            with self._changed:
                self._heard.extend(from_ulaw(byte) for byte in packet[12:])
                self._changed.notify_all()


def _tone(frequency: int) -> bytes:
    """A second of it."""
    return bytes(to_ulaw(int(8000 * math.sin(2 * math.pi * frequency * n / RATE))) for n in range(RATE))


def _received(link: socket.socket) -> bytes | None:
    link.settimeout(0.1)
    with contextlib.suppress(TimeoutError):
        return link.recv(4096)
    return None


def _header(head: str, name: str) -> str | None:
    found = re.search(rf"^{name}:\s*(.*?)\r?$", head, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else None


def _contact(head: str) -> str:
    found = re.search(r"<([^>]+)>", _header(head, "Contact") or "")
    return found[1] if found else ""
