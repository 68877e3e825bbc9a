"""`install` and `uninstall`: what our pieces are for this site, and what the administrator is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dialplan import prompts as words
from dialplan.doctor import render_doctor
from dialplan.install import PbxSite, Pieces, Plan, carry_out, find_site, install_plan, uninstall_plan
from dialplan.install.site import asterisk_command, asterisk_version, freepbx_version
from secondring import answering, wiring
from secondring.domain.errors import ConfigError
from secondring.wiring import Settings

KEPT = "install"
"""Below the state directory: back-ups of touched files, and the prompts made for this site."""
USUAL_STATE = Path("/var/lib/secondring")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A plan for a PBX, and where what it changes is kept."""

    site: PbxSite
    plan: Plan
    backups: Path

    def carry_out(self) -> list[str]:
        """Do it; says what was done."""
        return carry_out(self.plan, self.backups)


def plan_install(
    settings: Settings, conf: Path, version: str | None, *, prompts: bool, dry_run: bool = False
) -> Work:
    """What is to change on this PBX. `prompts`: those that are not there yet are spoken, but not in a dry run."""
    site = find_site(conf)
    known = version or asterisk_version(asterisk_command())
    made = settings.state_directory / KEPT / "prompts"
    if prompts and not dry_run:
        _make_prompts(settings, made)
    pieces = Pieces(
        dialplan=answering.render_dialplan(settings, known, None if prompts else site.sounds)
        + render_doctor(),
        manager=wiring.render_manager(settings, known),
        sounds=_languages(made),
    )
    return Work(
        site=site, plan=install_plan(site, pieces), backups=_backups(settings.state_directory, "install")
    )


def plan_uninstall(state: Path, conf: Path) -> Work:
    """What takes it all out of this PBX; needs no configuration."""
    site = find_site(conf)
    return Work(site=site, plan=uninstall_plan(site), backups=_backups(state, "uninstall"))


def state_directory(directory: Path | None) -> Path:
    """Where back-ups go; the usual place when the configuration cannot be read any more."""
    try:
        return wiring.load_settings(directory).state_directory
    except ConfigError:
        return USUAL_STATE


def advice(site: PbxSite) -> Iterator[str]:
    """What is left for the administrator to do."""
    yield "Make it count (interrupts no call):"
    yield from (f"  asterisk -rx '{command}'" for command in RELOADS)
    if site.is_freepbx:
        version = freepbx_version()
        yield ""
        yield f"In FreePBX{f' {version}' if version else ''}, Admin > Custom Destinations, add these two:"
        yield "  Target secondring,offer,1     Description: Second Ring: text me a link"
        yield "  Target secondring,urgent,1    Description: Second Ring: urgent"
        yield "and choose them where calls should go: a queue's fail-over, a time condition, an IVR's key."
    yield ""
    yield "For callers who wait in a queue: secondring render queues"
    yield "Then see that all of it works: secondring doctor"


RELOADS = ("dialplan reload", "manager reload")
"""What makes Asterisk read our files."""


def _backups(state: Path, verb: str) -> Path:
    return state / KEPT / f"{wiring.now():%Y%m%dT%H%M%SZ}-{verb}"


def _make_prompts(settings: Settings, place: Path) -> None:
    """Once: what was spoken is kept, so that a second installation has nothing to do."""
    for prompt in words.prompts(answering.site_names(settings)):
        words.build(prompt, place)


def _languages(made: Path) -> dict[str, Path]:
    places = {language: made / language / words.PLACE for language in words.LANGUAGES}
    return {language: place for language, place in places.items() if place.is_dir()}
