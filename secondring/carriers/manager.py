"""Joins the gateway's idea of a manager interface with the one that `ami_listener` has."""

from collections.abc import Callable, Collection

from ami_listener.messages import Message
from ami_listener.session import AmiAccount, Timing
from ami_listener.wire import Wire
from sms_gateway.carriers.ami.manager import Answer, Event, Fields

OUTPUT = "Output"


class AmiManager:
    """A `Manager` on a wire of its own."""

    def __init__(self, account: AmiAccount, timing: Timing | None = None) -> None:
        self._wire = Wire(account, timing=timing)

    def listen(self, names: Collection[str], hear: Callable[[Event], None]) -> None:
        """Hand over the events of these names."""
        self._wire.listen(names, lambda message: hear(_event(message)))

    async def up(self) -> bool:
        """True while there is a link."""
        return await self._wire.up()

    async def ask(self, fields: Fields, *, within: float, until: str | None = None) -> Answer:
        """Send an action and give its answer."""
        reply = await self._wire.action(fields, until=until, within=within)
        output = "\n".join(reply.response.all(OUTPUT))
        return Answer(reply.ok, reply.why, output, tuple(_event(event) for event in reply.events))

    async def close(self) -> None:
        """Hang up."""
        await self._wire.close()


def _event(message: Message) -> Event:
    return {name: message.get(name) for name in message.headers}
