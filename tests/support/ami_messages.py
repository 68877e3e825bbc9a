"""AMI messages for tests, shaped as Asterisk 22 sends them."""

from tests.support.fake_ami import wire

CALLER = "+12025550123"
ROOT = "1715000000.1"
DESK = "1715000000.2"


def block(prefix: str = "", uniqueid: str = ROOT, linkedid: str = ROOT, **more: str) -> dict[str, str]:
    """A channel snapshot block."""
    headers = {
        "Channel": f"PJSIP/trunk-{uniqueid[-1:]:0>8}",
        "ChannelState": "4",
        "ChannelStateDesc": "Ring",
        "CallerIDNum": CALLER,
        "CallerIDName": "<unknown>",
        "ConnectedLineNum": "<unknown>",
        "ConnectedLineName": "<unknown>",
        "Language": "en",
        "AccountCode": "",
        "Context": "from-pstn",
        "Exten": "2025550100",
        "Priority": "1",
        "Uniqueid": uniqueid,
        "Linkedid": linkedid,
    }
    return {prefix + name: value for name, value in {**headers, **more}.items()}


def event(name: str, *blocks: dict[str, str], **more: str) -> dict[str, str]:
    """An event with its snapshot blocks; keywords are further headers (`Cause_txt` is `Cause-txt`)."""
    headers = {"Event": name, "Privilege": "call,all"}
    for part in blocks:
        headers |= part
    return headers | {key.replace("_", "-"): value for key, value in more.items()}


def hangup(uniqueid: str = ROOT, cause: str = "16", **more: str) -> dict[str, str]:
    return event("Hangup", block(uniqueid=uniqueid), Cause=cause, Cause_txt="Normal Clearing", **more)


def newchannel(uniqueid: str = ROOT, **more: str) -> dict[str, str]:
    return event("Newchannel", block(uniqueid=uniqueid, linkedid=uniqueid), **more)


def stream(*messages: dict[str, str]) -> bytes:
    """Messages as they come from the socket, without a greeting."""
    return b"".join(wire(message) for message in messages)
