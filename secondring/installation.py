"""`install` and `uninstall`: what our pieces are for this site, and what the administrator is told."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.loader import config_path, home_of
from dialplan import prompts as words
from dialplan.doctor import entries_in, render_doctor
from dialplan.install import (
    PbxSite,
    Pieces,
    Plan,
    carry_out,
    find_site,
    install_plan,
    installed_files,
    uninstall_plan,
)
from dialplan.install.site import asterisk_command, asterisk_version, freepbx_version
from secondring import answering, wiring
from secondring.broker_files import broker_files, directory_of
from secondring.domain.errors import ConfigError
from secondring.ladders import on_freepbx
from secondring.wiring import Settings

KEPT = "install"
"""Beside conf.d: back-ups of touched files, and the prompts made for this site. Not in the state directory:
that one belongs to the service, and what root writes there could be led elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A plan for a PBX, and where what it changes is kept."""

    site: PbxSite
    plan: Plan
    backups: Path
    entries: tuple[str, ...] = ()
    """What the context `secondring` has for an administrator to choose."""
    cautions: tuple[str, ...] = ()
    """What would fail callers on this PBX."""
    broker: Path | None = None
    """The directory of a mosquitto whose files change; None where nothing of it does."""

    def carry_out(self) -> list[str]:
        """Do it; says what was done."""
        return carry_out(self.plan, self.backups)


def plan_install(
    directory: Path | None,
    conf: Path,
    version: str | None,
    *,
    prompts: bool,
    dry_run: bool = False,
    asterisk: Sequence[str] = (),
    broker: Path | None = None,
) -> Work:
    """What is to change on this PBX. `prompts`: those that are not there yet are spoken, but not in a dry run.

    `asterisk` is how Asterisk is run, when it is not the machine's own. `broker` is the directory of a mosquitto that
    is to be set up too; where an earlier installation did so, it is kept up to date.
    """
    settings = wiring.load_settings(directory)
    site = find_site(conf)
    known = version or version_here(asterisk)
    mosquitto = broker or directory_of(installed_files(site))
    made = _kept(directory) / "prompts"
    if prompts and not dry_run:
        _make_prompts(settings, made)
    ours = answering.render_dialplan(settings, known, None if prompts else site.sounds)
    pieces = Pieces(
        dialplan=ours + render_doctor(ours),
        manager=wiring.render_manager(settings, known),
        sounds=_languages(made),
        beside=broker_files(settings, mosquitto) if mosquitto and (broker or settings.mqtt) else (),
    )
    plan = install_plan(site, pieces)
    changed = {change.path for change in plan.changes}
    return Work(
        site=site,
        plan=plan,
        broker=mosquitto if any(file.path in changed for file in pieces.beside) else None,
        backups=_backups(directory, "install"),
        entries=entries_in(ours),
        cautions=tuple(on_freepbx(settings)) if site.is_freepbx else (),
    )


def version_here(asterisk: Sequence[str] = ()) -> str:
    """What the Asterisk on this machine says it is; raises ConfigError when there is none to ask."""
    own = asterisk_command()
    return asterisk_version(asterisk or ([own] if own else ()))


def cautions_here(settings: Settings) -> tuple[str, ...]:
    """What would fail callers on the PBX of this machine; nothing where there is none."""
    try:
        site = find_site()
    except ConfigError:
        return ()
    return tuple(on_freepbx(settings)) if site.is_freepbx else ()


def plan_uninstall(directory: Path | None, conf: Path) -> Work:
    """What takes it all out of this PBX; the configuration may be broken or gone by then."""
    site = find_site(conf)
    return Work(site=site, plan=uninstall_plan(site), backups=_backups(directory, "uninstall"))


def advice(work: Work, command: str = "secondring", *, reloaded: bool = False) -> Iterator[str]:
    """What is left for the administrator to do. `command` is what they type to mean this configuration."""
    if not reloaded:
        yield "Make it count (interrupts no call):"
        yield from (f"  asterisk -rx '{command}'" for command in RELOADS)
    if work.site.is_freepbx:
        version = freepbx_version()
        yield ""
        yield f"In FreePBX{f' {version}' if version else ''}, Admin > Custom Destinations, add:"
        for entry, description in DESTINATIONS.items():
            if entry in work.entries:
                yield f"  Target {f'secondring,{entry},1':24} Description: {description}"
        yield "and choose them where calls should go: a queue's fail-over, a time condition, an IVR's key."
    if work.broker is not None:
        yield ""
        yield "mosquitto reads these files when it starts (restart our services too, where section mqtt is new):"
        yield "  systemctl restart mosquitto"
    yield ""
    yield f"For callers who wait in a queue: {command} render queues"
    yield f"Then see that all of it works: {command} doctor"


DESTINATIONS = {"offer": "Second Ring: text me a link", "urgent": "Second Ring: urgent"}
"""What an administrator types into FreePBX: extension of ours, and the name it gets in the lists."""
RELOADS = ("dialplan reload", "manager reload")
"""What makes Asterisk read our files."""


def _kept(directory: Path | None) -> Path:
    return home_of(config_path(directory, os.environ)) / KEPT


def _backups(directory: Path | None, verb: str) -> Path:
    return _kept(directory) / f"{wiring.now():%Y%m%dT%H%M%SZ}-{verb}"


def _make_prompts(settings: Settings, place: Path) -> None:
    """Once: what was spoken is kept, so that a second installation has nothing to do."""
    for prompt in words.prompts(answering.site_names(settings)):
        words.build(prompt, place)


def _languages(made: Path) -> dict[str, Path]:
    places = {language: made / language / words.PLACE for language in words.LANGUAGES}
    return {language: place for language, place in places.items() if place.is_dir()}
