"""Settings on screen, from the form to the rules in force: checked, kept, followed, taken back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from secondring.clinic_words import ClinicWording
from secondring.domain.booking import new_token
from secondring.domain.ids import SiteId
from secondring.domain.records import Intent
from secondring.domain.settings import SettingsRefused, path_of
from secondring.domain.staff import AuditEntry
from secondring.following import Follower
from secondring.on_screen import OnScreen
from secondring.store.memory import MemoryStore
from secondring.web.settings_port import Change
from secondring.writer import Reader, Writer
from tests.support.books import NOW, an_episode, an_urgent_case
from tests.support.clinic import ANNA, BEN, Clinic
from tests.support.settings import TWO_SITES, ClinicFiles


@dataclass
class Desk:
    """A running service, as far as its settings go."""

    files: ClinicFiles
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.writer = Writer(self.store)
        self.screen = OnScreen(self.files.made, Reader(self.store), self.writer)
        self.rules = self.files.rules()
        self.wording = ClinicWording(self.files.made.messages({}))
        self.follower = Follower(self.files.made, self.rules, self.wording, Reader(self.store), self.writer)

    async def save(self, *, seen: int | None = None, drop: tuple[str, ...] = (), **values: Any) -> int:
        """Keys with `__` for the dots."""
        wanted = {
            path_of(key.replace("__", ".").replace("first_open", "first-open")): v
            for key, v in values.items()
        }
        dropped = tuple(path_of(key) for key in drop)
        return await self.screen.save(await self.change(seen=seen, values=wanted, drop=dropped))

    async def change(self, *, seen: int | None = None, **more: Any) -> Change:
        number = (await self.screen.view()).number if seen is None else seen
        entry = AuditEntry(at=NOW, user=None, shown="A. Admin", action="change", what="")
        return Change(seen=number, by="A. Admin", note="changed", entry=entry, **more)

    @property
    def audit(self) -> list[AuditEntry]:
        with self.store.reading() as books:
            return books.audit(limit=100)


@pytest.fixture
def files() -> ClinicFiles:
    return ClinicFiles()


@pytest.fixture
async def desk(files: ClinicFiles) -> AsyncIterator[Desk]:
    made = Desk(files)
    yield made
    made.writer.close()


def with_ladder() -> str:
    north = '    triage: {steps: [{ring: ["1001"]}, {ring: ["1002"]}]}\n'
    return "ami_dial: {secret_file: credential:dial}\n" + TWO_SITES.replace("  south:", north + "  south:")


async def test_a_change_is_kept_with_who_and_when_and_is_in_force_at_the_next_look(desk: Desk) -> None:
    assert await desk.save(sites__north__hours={"mon": "09:00-10:00"}) == 1
    assert desk.rules.sites[0].hours.week.keys() == set(range(5))
    await desk.follower.look()
    assert desk.rules.sites[0].hours.week == {0: ((time(9), time(10)),)}
    assert desk.rules.sites[1].hours.week.keys() == set(range(5))
    (version,) = await desk.screen.history(limit=9)
    assert (version.number, version.by, version.at) == (1, "A. Admin", NOW)
    (entry,) = desk.audit
    assert (entry.what, entry.about) == ("changed: sites.north.hours", "settings-1")


async def test_whoever_decides_holds_the_same_rules_before_and_after(desk: Desk) -> None:
    held = desk.rules
    await desk.save(routes__book__queue="billing")
    await desk.follower.look()
    assert held.routes[Intent.BOOK].queue == "billing"


async def test_the_next_caller_is_met_by_the_new_hours(desk: Desk) -> None:
    clinic = Clinic(rules=desk.rules, store=desk.store)
    clinic.misses(ANNA)
    await desk.save(sites__north__hours={"tue": "09:00-10:00"})
    await desk.follower.look()
    clinic.misses(BEN)
    clinic.wait(seconds=5).send_due()
    assert clinic.templates == ["first-open", "first-closed"]


async def test_what_is_no_configuration_is_refused_whole(desk: Desk) -> None:
    with pytest.raises(SettingsRefused) as refused:
        await desk.save(sites__north__hours={"mon": "10:00-09:00"}, sites__north__name="New Name")
    (problem,) = refused.value.problems
    assert problem.path == ("sites", "north", "hours", "mon")
    assert problem.what.startswith("closes before it opens")
    assert await desk.screen.history(limit=9) == []
    assert desk.audit == []


@pytest.mark.parametrize(
    "words",
    [
        "Your results are here. STOP to opt out.",
        "{{ name }}: call. STOP",
        "Call now! STOP",
        "{% for a in b %}",
    ],
)
async def test_a_text_that_must_not_go_out_is_refused(desk: Desk, words: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        await desk.save(messages__wording__en__first_open=words)
    assert refused.value.problems[0].path == ("messages", "wording", "en", "first-open")
    assert refused.value.problems[0].remedy


async def test_new_words_go_out_at_the_next_look(desk: Desk) -> None:
    await desk.save(messages__wording__en__help="{{ clinic }}: call {{ phone }}.")
    await desk.follower.look()
    site = desk.rules.sites[0]
    assert (
        desk.wording.text("help", site=site, language="en", now=NOW)
        == "Northside Clinic: call (202) 555-0100."
    )
    assert "Northside" in desk.wording.text("book", site=site, language="en", now=NOW)


@pytest.mark.parametrize("template", ["no-such-message"])
async def test_a_route_to_a_message_that_there_is_not(desk: Desk, template: str) -> None:
    with pytest.raises(SettingsRefused):
        await desk.save(routes__book__template=template)


@pytest.mark.parametrize(
    "key", ["ami__host", "carrier__http__url", "database__url", "sites__north__triage__outside"]
)
async def test_what_belongs_in_the_files_cannot_be_set(desk: Desk, key: str) -> None:
    with pytest.raises(SettingsRefused, match="cannot be set on screen"):
        await desk.save(seen=0, drop=(), **{key: "x"})


async def test_a_form_sent_back_as_it_was_changes_nothing(desk: Desk) -> None:
    same = {"mon,tue,wed,thu,fri": ["8:00-12:00", "13:00-17:00"]}
    assert await desk.save(sites__north__hours=same, sites__north__name="Northside Clinic") == 0


async def test_what_the_files_say_again_is_not_set_any_more(desk: Desk) -> None:
    await desk.save(sites__north__name="Other Clinic")
    assert await desk.save(sites__north__name="Northside Clinic") == 2
    assert (await desk.screen.view()).overlay == {}


async def test_of_two_at_the_same_key_the_second_is_told(desk: Desk) -> None:
    await desk.save(sites__north__name="One Clinic")
    with pytest.raises(SettingsRefused, match="meanwhile"):
        await desk.save(seen=0, sites__north__name="Two Clinic")
    assert await desk.save(seen=0, sites__south__name="Three Clinic") == 2


async def test_rolling_back_and_back_again(desk: Desk) -> None:
    await desk.save(sites__north__name="One Clinic")
    await desk.save(sites__north__name="Two Clinic", follow_up__link_silence="5h")
    assert await desk.screen.roll_back(1, await desk.change()) == 3
    await desk.follower.look()
    assert desk.rules.sites[0].name == "One Clinic"
    assert desk.rules.follow_up.link_silence.total_seconds() == 7200
    assert await desk.screen.roll_back(0, await desk.change()) == 4
    await desk.follower.look()
    assert desk.rules.sites[0].name == "Northside Clinic"
    assert await desk.screen.roll_back(2, await desk.change()) == 5
    assert len(await desk.screen.history(limit=9)) == 5
    with pytest.raises(SettingsRefused, match="no version 77"):
        await desk.screen.roll_back(77, await desk.change())


async def test_what_needs_a_restart_waits_and_says_so(desk: Desk) -> None:
    await desk.save(carrier__confirms_opt_out="true", sites__north__name="One Clinic")
    await desk.follower.look()
    view = await desk.screen.view()
    assert view.waiting == (("carrier", "confirms_opt_out"),)
    assert desk.rules.sites[0].name == "One Clinic"
    assert not desk.rules.carrier_confirms_opt_out


async def test_a_file_changed_since_the_start_is_told_and_waits(desk: Desk, files: ClinicFiles) -> None:
    files.now = TWO_SITES.replace("Northside Clinic", "From The File")
    assert (await desk.screen.view()).files_changed == ("10-site.yaml",)
    await desk.save(sites__south__name="South")
    await desk.follower.look()
    assert desk.rules.sites[0].name == "Northside Clinic"


async def test_a_change_that_the_next_start_would_choke_on_is_refused(desk: Desk, files: ClinicFiles) -> None:
    files.now = TWO_SITES.partition("  south:")[0]
    with pytest.raises(SettingsRefused, match="with the files as they are now"):
        await desk.save(sites__south__name="South")


async def test_both_say_a_key_and_the_view_names_both_places(desk: Desk) -> None:
    await desk.save(sites__north__name="One Clinic")
    (one,) = (await desk.screen.view()).disagreements
    assert (one.path, one.file) == (("sites", "north", "name"), "10-site.yaml:3")
    await desk.save(drop=("sites.north.name",))
    assert (await desk.screen.view()).disagreements == ()


async def test_a_message_with_a_file_of_its_own_disagrees_too(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    file = tmp_path / "en" / "help.txt.j2"
    file.write_text("Call {{ phone }}.", "utf-8")
    desk = Desk(ClinicFiles(own_messages=tmp_path))
    await desk.save(messages__wording__en__help="Please call {{ phone }}.")
    (one,) = (await desk.screen.view()).disagreements
    assert one.file == str(file)
    desk.writer.close()


async def test_keys_without_a_site_can_be_dropped_one_by_one(desk: Desk) -> None:
    await desk.save(sites__south__name="South", sites__south__zone="America/Chicago")
    orphan = Desk(ClinicFiles(then=TWO_SITES.partition("  south:")[0]), desk.store)
    assert "sites.south" in (await orphan.screen.view()).broken
    await orphan.save(drop=("sites.south.name",))
    with pytest.raises(SettingsRefused):
        await orphan.save(sites__north__name="One Clinic")
    await orphan.save(drop=("sites.south.zone",))
    assert (await orphan.screen.view()).broken == ""
    orphan.writer.close()


async def test_a_version_that_cannot_be_used_leaves_the_one_before_in_force(desk: Desk) -> None:
    orphan = Desk(ClinicFiles(then=TWO_SITES.partition("  south:")[0]), desk.store)
    await desk.save(sites__south__name="South", sites__north__name="One Clinic")
    await orphan.follower.look()
    assert orphan.rules.sites[0].name == "Northside Clinic"
    orphan.writer.close()


async def test_a_ladder_is_not_changed_under_an_urgent_caller() -> None:
    desk = Desk(ClinicFiles(then=with_ladder()))
    case = replace(an_urgent_case(), site=SiteId("north"))
    with desk.store.transaction() as books:
        books.save_episode(an_episode())
        books.save_urgent_case(case)
    await desk.save(sites__north__triage__steps=[{"ring": ["1009"]}], sites__north__name="One Clinic")
    await desk.follower.look()
    site = desk.rules.sites[0]
    assert site.name == "One Clinic", "all else is in force"
    assert site.triage is not None
    assert len(site.triage.steps) == 2
    with desk.store.transaction() as books:
        books.save_urgent_case(replace(case, closed_at=NOW))
    await desk.follower.look()
    site = desk.rules.sites[0]
    assert site.triage is not None
    assert [target.number for target in site.triage.steps[0].targets] == ["1009"]
    desk.writer.close()


async def test_a_preview_is_the_text_with_its_parts(desk: Desk) -> None:
    site = desk.rules.sites[0]
    shown = await desk.screen.preview("help", "en", "{{ clinic }}: call {{ phone }}.", site)
    assert (shown.text, shown.alphabet, len(shown.parts)) == (
        "Northside Clinic: call (202) 555-0100.",
        "GSM7",
        1,
    )
    shown = await desk.screen.preview("help", "en", "{{ clinic }}: your diagnosis.", site)
    assert shown.text == ""
    assert "clinical word" in shown.problems[0]


PAGE = "booking: {public_url: 'https://book.example', listen: {proxies: [127.0.0.1]}}\n"
CALENDAR = (
    "    calendar: {hours: {mon: ['09:00-12:00']}, visits: {checkup: {name: {en: Check-up}, length: 30m}}}\n"
)


async def test_a_preview_shows_what_a_link_to_our_own_page_looks_like() -> None:
    desk = Desk(ClinicFiles(PAGE + TWO_SITES.replace("  south:", CALENDAR + "  south:")))
    north, south = desk.rules.sites
    shown = await desk.screen.preview("book", "en", "{{ clinic }}: {{ link }}", north)
    assert shown.text.startswith("Northside Clinic: https://book.example/b/")
    assert len(shown.text.rpartition("/")[2]) == len(new_token(bytes(16))), "as long as a real one"
    previews = dict(await desk.screen.previews("en", north))
    assert "https://book.example/b/" in previews["book"].text
    shown = await desk.screen.preview("book", "en", "{{ clinic }}: call {{ phone }}.{{ link }}", south)
    assert shown.text.endswith("."), "no page, no link"
    desk.writer.close()


@pytest.mark.parametrize(
    "words", ["{{ 'a' * 1000000000 }}", "{% for a in '12' %}x{% endfor %}", "{{ clinic|upper }}"]
)
async def test_words_from_a_form_can_neither_loop_nor_grow(desk: Desk, words: str) -> None:
    shown = await desk.screen.preview("help", "en", words, desk.rules.sites[0])
    assert "only plain variables" in shown.problems[0]
