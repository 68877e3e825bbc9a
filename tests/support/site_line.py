"""Both ends of the line between a site box and its centre, as they are set up, with a wire in memory instead of a
broker. Nothing runs: a test passes on what was said, and looks when it wants somebody to look.
"""

from datetime import timedelta
from pathlib import Path

from secondring import site_setup, wiring
from secondring.bus.client import Broker
from secondring.bus.post import Post
from secondring.centre import Centre
from secondring.domain.ports import Store
from secondring.domain.urgent import Triage
from secondring.site_box import Tie
from secondring.store.memory import MemoryStore
from secondring.wiring import Settings
from tests.support.clinic import PlainWording
from tests.support.sites import KeptIn, World
from tests.support.terminal import a_clinic

BOX = "north-box"


class Wire(Post):
    """One end, with what it said and nobody has passed on yet."""

    def __init__(self) -> None:
        super().__init__(_no_broker, (), lambda *_: None)
        self.linked = True
        self.said: list[tuple[str, bytes]] = []

    @property
    def is_up(self) -> bool:
        return self.linked

    async def publish(self, topic: str, payload: str) -> None:
        self.said.append((topic, payload.encode()))

    def take(self) -> list[tuple[str, bytes]]:
        """What was said since this was last asked."""
        said, self.said = self.said, []
        return said


def _no_broker() -> Broker:
    raise AssertionError("nothing is linked here")


async def _nobody(*_: object) -> None:
    """Nobody listens."""


def a_centre(folder: Path) -> Path:
    """The folder of a centre with one site and one box."""
    folder.mkdir()
    a_clinic(folder)
    site = str(wiring.load_files(folder).rules.sites[0].id)
    site_setup.make_broker(folder, ("127.0.0.1",), 9883, site_setup.BROKER_PLACE, wiring.now())
    site_setup.add_box(folder, BOX, (site,), wiring.now())
    return folder


def a_box(folder: Path, centre: Path) -> Path:
    """The folder of its box, as `sites add` says that it is to be set up."""
    folder.mkdir()
    a_clinic(folder)
    take_papers(folder, centre, BOX)
    return folder


def take_papers(box: Path, centre: Path, name: str) -> None:
    """Copy what `sites add` made, and lay it where the service of this box finds it."""
    parcel = centre / f"sites/for-{name}"
    for folder in ("sites", "credentials", "conf.d"):
        (box / folder).mkdir(mode=0o700, exist_ok=True)
    for file in (*parcel.glob("*.pem"), *parcel.glob("*.key")):
        (box / "sites" / file.name).write_bytes(file.read_bytes())
        (box / "sites" / file.name).chmod(0o600)
    seal = box / "credentials/seal"
    seal.touch(mode=0o600)
    seal.write_bytes((parcel / "seal").read_bytes())
    words = (parcel / "70-centre.yaml").read_text().replace("/etc/secondring/sites", str(box / "sites"))
    (box / "conf.d/70-centre.yaml").write_text(words)


class CentreEnd:
    """The centre's process."""

    def __init__(self, world: World, settings: Settings, store: Store | None = None) -> None:
        assert settings.boxes is not None
        self.world = world
        self.store = store or MemoryStore()
        self.wire = Wire()
        self.centre = Centre(
            settings,
            settings.boxes,
            settings.rules,
            PlainWording(),
            KeptIn(self.store),
            ring=_nobody,
            clock=world.clock,
        )
        self.centre.post = self.wire

    @property
    def alarms(self) -> list[str]:
        return alarms_of(self.store, self.world)


class BoxEnd:
    """The box's process."""

    def __init__(self, world: World, settings: Settings, store: Store | None = None) -> None:
        assert settings.centre is not None
        self.world = world
        self.store = store or MemoryStore()
        self.wire = Wire()
        kept = KeptIn(self.store)
        self.tie = Tie(
            settings,
            settings.centre,
            Triage(settings.rules, PlainWording()),
            kept,
            kept.read,
            carry_out=_nobody,
            can_ring=lambda: False,
            listens=lambda: True,
            ring=_nobody,
            clock=world.clock,
        )
        self.tie.post = self.wire

    @property
    def alarms(self) -> list[str]:
        return alarms_of(self.store, self.world)


def alarms_of(store: Store, world: World) -> list[str]:
    """The kinds of what was raised, newest first."""
    with store.reading() as books:
        return [alarm.kind for alarm in books.alarms(since=world.now - timedelta(days=9), limit=100)]


async def tell(box: BoxEnd, centre: CentreEnd) -> None:
    """A beat and what waits in the spool; the answers lie at the centre."""
    await box.tie.beat()
    await box.tie.forwarder.round()
    for message in box.wire.take():
        centre.centre.heard(*message)
    await centre.centre.receiver.round()
    await centre.centre.answers.round()


async def speak(box: BoxEnd, centre: CentreEnd) -> None:
    """The same, and every answer to it; then both look how things stand."""
    await tell(box, centre)
    for message in centre.wire.take():
        box.tie.heard(*message)
    await box.tie.forwarder.round()
    await box.tie.watch.once()
    await centre.centre.watch_once()
