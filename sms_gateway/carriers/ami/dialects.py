"""How three makes of boxes with SIM cards talk. None of them could be tried here: see docs/carriers.md."""

import base64
from urllib.parse import quote, unquote_plus

from secondring.domain.records import TextState
from secondring.domain.texting import Fault
from sms_gateway.carriers.ami.gsm import Dialect, Heard, Reported
from sms_gateway.carriers.ami.manager import Answer, Event, Fields, dialable, plain
from sms_gateway.carriers.port import Accepted, OutgoingText, Refused, SendResult, TryLater, Unknown
from sms_gateway.segments import count

VALIDITY = 15
"""Minutes: a first text is worth no more afterwards."""
SYNC_SECONDS = 20
"""How long an OpenVox box may try before it gives up."""


class Dongle:
    """chan_dongle: USB modems in the PBX itself. It takes a text into its own queue, and reports by our id."""

    events = ("DongleNewSMSBase64", "DongleReport")
    reports = True
    patience = 10.0

    def action(self, text: OutgoingText, port: str) -> Fields:
        """It undoes C's escapes in the message."""
        escaped = text.body.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
        return {
            "Action": "DongleSendSMS",
            "Device": plain(port),
            "Number": dialable(text.to.e164),
            "Message": escaped,
            "Validity": str(VALIDITY),
            "Report": "yes",
            "Payload": plain(text.id),
        }

    def result(self, answer: Answer, text: OutgoingText) -> SendResult:
        """A success means that it is in the box's queue."""
        if answer.ok:
            return Accepted(f"dongle-{text.id}")
        said = answer.message.lower()
        if "not found" in said:
            return Refused(Fault.SENDER, "no-device", "chan_dongle knows no such device")
        if "disconnected" in said or "not initialized" in said or "not connected" in said:
            return TryLater(None, "the modem is not connected just now")
        return Refused(Fault.SENDER, "refused", "chan_dongle refused it")

    def read(self, event: Event) -> Heard | Reported | None:
        """The one in base64: the other splits lines."""
        if event.get("Event") == "DongleReport":
            return self._report(event)
        body = base64.b64decode(event.get("Message", ""), validate=True).decode("utf-8", "replace")
        return Heard(port=event.get("Device", ""), sender=event.get("From", ""), body=body)

    def _report(self, event: Event) -> Reported | None:
        text = event.get("Payload", "")
        if not text:
            return None
        if event.get("Success") != "1":
            return Reported(text=text, state=TextState.FAILED, code="report-failed")
        arrived = event.get("DT", "").strip() != ""
        return Reported(text=text, state=TextState.DELIVERED if arrived else TextState.ACCEPTED)


class Yeastar:
    """Yeastar TG: a box of its own. It takes a command into its queue, and says later whether it went out."""

    events = ("ReceivedSMS", "UpdateSMSSend")
    reports = True
    patience = 10.0

    def action(self, text: OutgoingText, port: str) -> Fields:
        """Percent-encoded, so that no character of the text is one of the command line's."""
        words = quote(text.body, safe="")
        return {
            "Action": "smscommand",
            "command": f'gsm send sms {plain(port)} {dialable(text.to.e164)} "{words}" {plain(text.id)}',
        }

    def result(self, answer: Answer, text: OutgoingText) -> SendResult:
        """`Follows`, and nothing that follows, means that it is in the box's queue."""
        said = f"{answer.message} {answer.output}".lower()
        if "permission" in said or "denied" in said:
            return Refused(Fault.SENDER, "denied", "the gateway's API user may not send")
        if "no such" in said or "invalid" in said or "error" in said:
            return Refused(Fault.SENDER, "refused", "the gateway refused the command")
        return Accepted(f"tg-{text.id}")

    def read(self, event: Event) -> Heard | Reported | None:
        """Long texts come in parts that share an ID."""
        if event.get("Event") == "UpdateSMSSend":
            went = event.get("Status", "").strip() == "1"
            state = TextState.ACCEPTED if went else TextState.FAILED
            return Reported(text=event.get("ID", "").strip(), state=state, code="" if went else "not-sent")
        total = _number(event.get("Total", ""), 1)
        return Heard(
            port=event.get("GsmSpan", "").strip(),
            sender=event.get("Sender", "").strip(),
            body=unquote_plus(event.get("Content", ""), errors="replace"),
            group=f"{event.get('ID', '').strip()}/{event.get('Smsc', '')}/{total}" if total > 1 else "",
            number=_number(event.get("Index", ""), 0),
            total=total,
        )


class OpenVox:
    """OpenVox VoxStack: waits until the network has taken the text. What comes in has to reach us another way."""

    events: tuple[str, ...] = ()
    reports = False
    patience = SYNC_SECONDS + 5.0

    def action(self, text: OutgoingText, port: str) -> Fields:
        """One command line; in quotes, it undoes backslashes before quotes and backslashes."""
        if count(text.body) > 1:
            raise ValueError("the command takes one part")
        words = text.body.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
        line = f'{plain(port)} {dialable(text.to.e164)} "{words}" {SYNC_SECONDS} {plain(text.id)}'
        return {"Action": "Command", "Command": f"gsm send syncsms {line}"}

    def result(self, answer: Answer, text: OutgoingText) -> SendResult:
        """In words."""
        said = f"{answer.message} {answer.output}".upper()
        if "SUCCESS" in answer.output.upper():
            return Accepted(f"vox-{text.id}")
        if "NO SUCH COMMAND" in said or "PERMISSION" in said:
            return Refused(Fault.SENDER, "denied", "the gateway does not take the command")
        if "FAIL" in said:
            return Refused(Fault.SENDER, "not-sent", "the network did not take it")
        return Unknown("the gateway did not say whether the network has taken it")

    def read(self, event: Event) -> Heard | Reported | None:  # noqa: ARG002 - a dialect's signature
        """Nothing: its events are not described well enough to be trusted with a patient's words."""
        return None


DIALECTS: dict[str, Dialect] = {"dongle": Dongle(), "yeastar": Yeastar(), "openvox": OpenVox()}
"""By the kind of carrier."""


def _number(raw: str, otherwise: int) -> int:
    return int(raw) if raw.strip().isdigit() else otherwise
