"""The texting side of a service in a process of its own, made to be killed: `storm_gateway.py FOLDER`."""

import asyncio
import sys
from pathlib import Path

from secondring import wiring
from secondring.bus.memory import Doorbell
from secondring.domain.sending import ClinicDesk
from secondring.gateway import Gateway
from secondring.running import run_together
from secondring.writer import Writer


async def main(folder: Path) -> None:
    """Serve until killed."""
    settings = wiring.load_settings(folder)
    wiring.start_logging(settings)
    writer, bell, gateway = Writer(wiring.open_store(settings)), Doorbell(), Gateway(settings)
    desk = ClinicDesk(settings.rules, wiring.wording(settings), wiring.links(settings.rules))

    async def ring() -> None:
        await bell.ring("texts")

    def ready() -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    await run_together(gateway.parts(desk, writer, bell.listen("texts"), ring), ready)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
