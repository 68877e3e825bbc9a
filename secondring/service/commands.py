"""The services as commands: `run` is all of them in one process, the others are one each.

The pages are loaded where they are served: everything else of a service takes 12 MB less.
"""

from secondring.domain.errors import ConfigError
from secondring.domain.pulse import Service
from secondring.on_screen import Test
from secondring.service import agi, gateway, listen, site
from secondring.service.frame import Frame
from secondring.service.together import Crew, serve
from secondring.wiring import Settings


def run(settings: Settings, test: Test | None = None) -> None:
    """All of them. `test` is what the pages offer for trying the links."""

    if settings.centre is not None:
        _run_site_box(settings)
        return
    if settings.boxes is not None and not settings.boxes.own_pbx:
        _run_centre(settings, test)
        return
    from secondring.service import web  # noqa: PLC0415 - see above

    async def gather(frame: Frame, crew: Crew) -> None:
        texting = await _texting(frame, crew)
        listening = await listen.listening(frame)
        crew.roles.insert(0, listening.role)  # its words come first in `systemctl status`
        crew.roles.append(agi.callers(frame, listening.dialling))
        crew.roles.append(web.beside(frame, listening, texting, test))

    serve(settings, "run", tuple(Service), gather)


def run_listen(settings: Settings) -> None:
    """Only the side of the PBX."""

    async def gather(frame: Frame, crew: Crew) -> None:
        crew.roles.append(site.with_centre(frame, await listen.listening(frame)))
        if settings.agi.program is not None:  # Asterisk starts the scripts: no service is missing for them
            crew.roles.append(agi.callers(frame, None))

    serve(settings, "listen", (Service.LISTEN,), gather)


def run_agi(settings: Settings) -> None:
    """Only callers who are on the line."""
    if settings.agi.program is not None:
        raise ConfigError(
            "agi.program is set: Asterisk starts the scripts by itself, so there is nothing to serve. Take it out"
            " and run `secondring render dialplan` again, or do without `secondring agi`."
        )

    async def gather(frame: Frame, crew: Crew) -> None:
        crew.roles.append(agi.callers(frame, None))

    serve(settings, "agi", (Service.AGI,), gather)


def run_gateway(settings: Settings) -> None:
    """Only texts, timers, alarms and figures."""
    _not_on_a_site_box(settings, "gateway")

    async def gather(frame: Frame, crew: Crew) -> None:
        await _texting(frame, crew)

    serve(settings, "gateway", (Service.GATEWAY,), gather)


def run_web(settings: Settings, test: Test | None = None) -> None:
    """Only the pages."""
    _not_on_a_site_box(settings, "web")
    if settings.web.port is None and settings.booking is None:
        raise ConfigError("web.port is null: there are no pages to serve. Give it a port, for example 8440.")
    from secondring.service import web  # noqa: PLC0415 - see above

    async def gather(frame: Frame, crew: Crew) -> None:
        crew.roles.append(web.apart(frame, test))

    serve(settings, "web", (Service.WEB,), gather)


def _run_site_box(settings: Settings) -> None:
    """All that a site box does."""

    async def gather(frame: Frame, crew: Crew) -> None:
        listening = await listen.listening(frame)
        crew.roles.append(site.with_centre(frame, listening))
        crew.roles.append(agi.callers(frame, listening.dialling))

    serve(settings, "run", (Service.LISTEN, Service.AGI), gather)


def _run_centre(settings: Settings, test: Test | None) -> None:
    """All that a centre without a PBX of its own does."""
    from secondring.service import web  # noqa: PLC0415 - see above

    async def gather(frame: Frame, crew: Crew) -> None:
        await _texting(frame, crew)
        crew.roles.append(web.apart(frame, test))

    serve(settings, "run", tuple(Service), gather)


def _not_on_a_site_box(settings: Settings, command: str) -> None:
    if settings.centre is not None:
        raise ConfigError(
            f"centre.host is set, so this machine is a site box: `secondring {command}` runs at the centre. Here it is"
            " `secondring listen` and `agi`, or `run` for both."
        )


async def _texting(frame: Frame, crew: Crew) -> gateway.Texting:
    texting = gateway.texting(frame)
    crew.roles.append(texting.role)
    crew.texting = texting.side
    boxes = gateway.site_boxes(frame)
    if boxes is not None:
        crew.roles.append(boxes)
    await gateway.withhold_waiting(frame)
    return texting
