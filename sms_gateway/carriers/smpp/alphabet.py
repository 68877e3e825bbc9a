"""Letters to bytes and back, as SMPP carries them: one septet a byte, or UTF-16."""

from sms_gateway.segments import BASIC, EXTENSION, Encoding

GSM, UCS2 = 0x00, 0x08
"""Data codings that we send with. 0 is the centre's default alphabet, which is GSM's unless the settings say other."""
ESCAPE = 0x1B
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""3GPP TS 23.038 section 6.2.1: the place of a letter is its septet."""
EXTENDED = dict(zip("\f^{}\\[~]|€", b"\x0a\x14\x28\x29\x2f\x3c\x3d\x3e\x40\x65", strict=True))
_SEPTETS = {letter: place for place, letter in enumerate(TABLE) if place != ESCAPE}
_AFTER_ESCAPE = {septet: letter for letter, septet in EXTENDED.items()}
assert set(_SEPTETS) == BASIC  # noqa: S101 - the two tables are one
assert set(EXTENDED) == EXTENSION  # noqa: S101
LATIN = frozenset({1, 2, 3, 4})
"""ASCII, Latin-1 and 8-bit data, which are mostly Latin-1 in practice."""


def encode(text: str, alphabet: Encoding) -> bytes:
    """The bytes of a text in its alphabet (`segments.encoding`)."""
    if alphabet is Encoding.UCS2:
        return text.encode("utf-16-be", "surrogatepass")
    return b"".join(bytes([ESCAPE, EXTENDED[c]]) if c in EXTENDED else bytes([_SEPTETS[c]]) for c in text)


def decode(data: bytes, data_coding: int, *, default: str = "gsm") -> str:
    """The words of a message centre; whatever cannot be read becomes a replacement character."""
    if data_coding & 0xFC == UCS2 or data_coding in (0x18, 0x19):
        return data.decode("utf-16-be", "replace")
    if data_coding in LATIN or (data_coding == 0 and default == "latin1"):
        return data.decode("latin-1")
    return _from_septets(data)


def _from_septets(data: bytes) -> str:
    letters, escaped = [], False
    for septet in data:
        if escaped:
            letters.append(_AFTER_ESCAPE.get(septet) or TABLE[septet & 0x7F])
        elif septet != ESCAPE:
            letters.append(TABLE[septet] if septet < 0x80 else "\ufffd")
        escaped = septet == ESCAPE and not escaped
    return "".join(letters)
