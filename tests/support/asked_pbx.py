"""A PBX whose answers to our actions are given beforehand."""

from ami_listener.messages import Message
from ami_listener.protocol import Fields, Reply, check_fields
from secondring.domain.errors import PeerError


class Pbx:
    """A link whose answers are given beforehand."""

    def __init__(self, *answers: Reply | PeerError) -> None:
        self.answers = list(answers)
        self.sent: list[Fields] = []

    async def action(self, fields: Fields, **_: object) -> Reply:
        check_fields(fields)
        self.sent.append(fields)
        answer = self.answers.pop(0) if self.answers else reply()
        if isinstance(answer, PeerError):
            raise answer
        return answer


def reply(*events: dict[str, str | list[str]], ok: bool = True) -> Reply:
    said = Message({"Response": "Success" if ok else "Error", "Message": "as asked"})
    return Reply(response=said, events=tuple(Message(event) for event in events))


def outcome(reason: str) -> Reply:
    response = "Success" if reason == "4" else "Failure"
    return reply({"Event": "OriginateResponse", "Response": response, "Reason": reason})
