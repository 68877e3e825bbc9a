"""What `doctor` finds, as the pages show it."""

from secondring.cli.chosen import config_directory, to_type
from secondring.cli.pbx import CONF
from secondring.doctor import Visit, examine
from secondring.web.settings_port import Found


def found() -> list[Found]:
    """Each link that was tried. It rings no phone and sends no text."""
    visit = Visit(config=config_directory(), asterisk_conf=CONF)
    return [
        Found(
            name=one.name,
            ok=one.finding.ok,
            evidence=to_type(one.finding.evidence),
            remedy=to_type(one.finding.remedy),
        )
        for one in examine(visit)
    ]
