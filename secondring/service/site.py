"""A site box: `listen` and `agi`, whose casework is the centre's. Nothing here texts, serves pages or makes tasks."""

from secondring import site_box
from secondring.domain.errors import ConfigError
from secondring.service.frame import TEXTS, Frame, Part
from secondring.service.gateway import alarms
from secondring.service.listen import Listening
from secondring.site_box import Tie


def tie(frame: Frame, listening: Listening) -> dict[str, Part]:
    """The line to the centre, and who tells people here while it is cut."""
    settings, dialling = frame.settings, listening.dialling
    if settings.centre is None:
        raise ConfigError("centre.host: is missing: this machine is no site box")
    line = Tie(
        settings,
        settings.centre,
        site_box.triage(settings, frame.rules, frame.wording),
        frame.writer,
        frame.read,
        carry_out=dialling.carry_out,
        can_ring=lambda: dialling.link is not None and dialling.link.is_up,
        listens=lambda: listening.link.is_up,
        ring=frame.ring,
    )
    return line.parts(frame.bell.listen(TEXTS)) | alarms(frame)
