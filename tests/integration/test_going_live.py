"""The switch on screen, through the service's own wiring to a phone: database, rules, outbox and carrier are real."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from secondring import wiring
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from secondring.domain.settings import path_of
from secondring.domain.staff import AuditEntry
from secondring.files import files_of
from secondring.following import Follower
from secondring.on_screen import OnScreen
from secondring.service import frame, gateway
from secondring.texting_side import TextingSide
from secondring.web.settings_port import Change
from secondring.writer import Reader
from tests.support.clinic import ANNA, BEN, Clinic
from tests.support.fake_ami import until
from tests.support.terminal import a_clinic


@dataclass
class Running:
    """A clinic as `init` leaves it, in shadow mode, with simulated phones."""

    folder: Path
    parts: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        a_clinic(self.folder)
        self.settings = wiring.load_settings(self.folder)
        self.store = wiring.open_store(self.settings)
        self.frame = frame.build(self.settings, self.store, "run")
        self.settings = self.frame.settings
        self.writer = self.frame.writer
        words, rules = self.frame.wording, self.frame.rules
        self.texting = TextingSide(
            lambda shadow: gateway.texting_side(self.frame, shadow=shadow), shadow=self.settings.shadow
        )
        read = Reader(self.store)
        files = files_of(self.settings)
        self.follower = Follower(files, rules, words, read, self.writer, self.texting)
        self.screen = OnScreen(files, read, self.writer)
        self.clinic = Clinic(rules=rules, store=self.store, wording=words, now=wiring.now())

    async def switch(self, mode: str) -> None:
        seen = (await self.screen.view()).number
        entry = AuditEntry(at=wiring.now(), user=None, shown="A. Admin", action="change", what="")
        values = {path_of("mode"): mode}
        await self.screen.save(Change(seen=seen, by="A. Admin", note=mode, entry=entry, values=values))
        await self.follower.look()

    def phones(self) -> list[str]:
        """Whoever got a text."""
        handset = wiring.handset(self.settings)
        return [number.e164 for number in (ANNA, BEN) if handset.inbox(number)]

    def misses(self, number: PhoneNumber) -> None:
        """A call that rang until some seconds ago."""
        self.clinic.now = wiring.now() - timedelta(seconds=25)
        self.clinic.misses(number, did=self.settings.rules.sites[0].phone.e164)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    made = Running(tmp_path)
    task = asyncio.create_task(made.texting.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await made.texting.close()
    made.writer.close()
    made.store.close()


async def test_from_shadow_to_live_and_back_while_it_runs(running: Running) -> None:
    assert running.settings.shadow
    running.misses(ANNA)
    await running.switch("live")
    running.misses(BEN)
    await until(lambda: running.phones() == [BEN.e164], "Ben's phone has a text, and Anna's has none")
    await running.switch("shadow")
    running.misses(ANNA)
    assert running.phones() == [BEN.e164]
    states = [text.state for text in running.clinic.texts if text.patient == ANNA]
    assert set(states) == {TextState.WITHHELD}


async def test_what_another_process_wrote_before_it_heard_of_shadow_mode_never_goes(running: Running) -> None:
    await running.switch("live")
    other = Clinic(
        rules=replace(running.settings.rules),
        store=running.store,
        wording=running.frame.wording,
        now=wiring.now() - timedelta(seconds=25),
    )
    await running.switch("shadow")
    other.misses(ANNA, did=running.settings.rules.sites[0].phone.e164)
    assert TextState.QUEUED in {text.state for text in other.texts}
    await running.follower.look()
    assert {text.state for text in other.texts if text.patient == ANNA} == {TextState.WITHHELD}
    with running.store.reading() as books:
        assert books.next_due([SEND_TEXT]) is None, "nothing is left that could send it later"
