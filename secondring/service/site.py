"""A site box: `listen` with a line to its centre. Nothing here texts, serves pages or makes tasks."""

from dataclasses import replace

from secondring import site_box
from secondring.bus.topics import Bell
from secondring.service.frame import Frame
from secondring.service.gateway import alarms, housekeeping
from secondring.service.listen import Listening
from secondring.service.role import Role
from secondring.site_box import Tie


def with_centre(frame: Frame, listening: Listening) -> Role:
    """The listening service; on a site box with the line to the centre, and with those who tell people here."""
    settings, dialling, role = frame.settings, listening.dialling, listening.role
    if settings.centre is None:
        return role
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

    def status() -> str:
        return f"{role.status()}; {line.watch.status}"

    parts = role.parts | line.parts(frame.bell.listen(Bell.WORK)) | alarms(frame) | housekeeping(frame)
    return replace(role, parts=parts, status=status)
