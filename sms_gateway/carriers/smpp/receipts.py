"""Reads what a message centre says became of a text: in optional parameters, or in words, as appendix B has it."""

import re
from dataclasses import dataclass

from secondring.domain.records import TextState
from sms_gateway.carriers.smpp.pdu import Delivery, Tag

STATES = {
    0: "SCHEDULED",
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",
}
"""message_state (section 5.2.28) in the words of receipts."""
DELIVERED = frozenset({"DELIVRD", "DELIVERED"})
FAILED = frozenset({"EXPIRED", "DELETED", "UNDELIV", "REJECTD", "SKIPPED", "FAILED", "UNDELIVERABLE"})
"""All else says no more than that the centre has it."""
LONGEST_ID = 64
_FIELD = re.compile(r"(?i)\b(id|stat|err):\s*([^\s:]+)")


@dataclass(frozen=True, slots=True)
class Told:
    """What a receipt says."""

    id: str
    word: str
    """`DELIVRD`, `UNDELIV`, ...: upper case."""
    error: str = ""
    """The network's own code; empty when it gave none, or none that means anything."""

    @property
    def state(self) -> TextState:
        """What that means for the text."""
        if self.word in DELIVERED:
            return TextState.DELIVERED
        return TextState.FAILED if self.word in FAILED else TextState.ACCEPTED


def read_receipt(delivery: Delivery) -> Told | None:
    """What a receipt tells; None when it does not say of which text, or what. Parameters go before words."""
    words = delivery.user_data.decode("latin-1")
    spoken = {name.lower(): value for name, value in reversed(_FIELD.findall(words.split("text:")[0]))}
    given = delivery.options.get(Tag.RECEIPTED_MESSAGE_ID, b"").split(b"\0")[0].decode("latin-1")
    state = delivery.options.get(Tag.MESSAGE_STATE)
    id_ = (given or spoken.get("id", ""))[:LONGEST_ID]
    word = STATES.get(state[0], "UNKNOWN") if state else spoken.get("stat", "").upper()
    if not id_ or not word.isalpha():
        return None
    return Told(id_, word[:20], _error(delivery, spoken.get("err", "")))


def also_called(id_: str) -> list[str]:
    """An id and its other spellings: some centres answer in hexadecimal and report in decimal, or the reverse."""
    names = [id_, id_.upper(), id_.lower()]
    if id_.isascii() and id_.isdigit():
        names += [f"{int(id_):x}", f"{int(id_):X}", f"{int(id_):08X}", str(int(id_))]
    if re.fullmatch(r"[0-9A-Fa-f]+", id_):
        names += [str(int(id_, 16)), id_.lstrip("0")]
    return [name for name in dict.fromkeys(names) if name]


def _error(delivery: Delivery, spoken: str) -> str:
    raw = delivery.options.get(Tag.NETWORK_ERROR, b"")
    code = str(int.from_bytes(raw[1:3], "big")) if len(raw) >= 3 else spoken
    return "" if not code.isalnum() or code.strip("0") == "" else code[:8]
