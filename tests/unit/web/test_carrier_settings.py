"""The page of the carriers where the files have a list of them: shown in order, changed by name, taken back."""

from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondring.domain.settings import OF_A_CARRIER
from secondring.domain.staff import Role
from secondring.web.app import make_app
from tests.support.pages import Browser, Pages, text_of
from tests.support.settings import TWO_SITES, ClinicFiles
from tests.unit.web.test_settings import fields_of, kept, send

PATH = "/settings/carrier"
MAIN = """\
  - name: main
    kind: twilio
    account: AC0123456789
    auth_token_file: credential:twilio-auth-token
    senders: [+1 202 555 0123]
"""
SPARE = "  - {name: spare.2, kind: http, url: 'https://sms.example/?key=abcdefgh', poll: 1h30m, number_per_day: 500}\n"
KNOCKS = "  - {name: third, kind: http, url: 'https://c.example/', inbound_secret_file: credential:third}\n"
HEAD = "webhooks: {port: 8481}\n"


def clinic(*carriers: str, head: str = HEAD) -> Pages:
    listed = "carriers:\n" + "".join(carriers) if carriers else ""
    return Pages(files=ClinicFiles(then=head + listed + TWO_SITES))


async def admin_of(pages: Pages) -> Browser:
    return await pages.signed_in("ada", Role.ADMIN, sites=None)


@pytest.fixture
def pages() -> Pages:
    return clinic(MAIN, SPARE, KNOCKS)


@pytest.fixture
async def admin(pages: Pages) -> Browser:
    return await admin_of(pages)


async def names(pages: Pages) -> list[str]:
    return [one.name for one in (await pages.desk.settings.view()).carriers]


async def test_every_carrier_is_shown_in_its_order_without_its_secrets(admin: Browser) -> None:
    page = await admin.get(PATH)
    said = text_of(page)
    assert said.index("1. main (twilio)") < said.index("2. spare.2 (http)") < said.index("3. third (http)")
    assert "in the files alone: 10-site.yaml:3 auth_token_file: credential:twilio-auth-token" in said
    assert said.count("we ask it for them") == 2
    assert said.count("it sends them to us") == 1
    assert "takes effect at the next restart" in said
    fields = fields_of(page, PATH)
    assert fields["carriers.main.senders"] == "+12025550123"
    assert fields["carriers.main.brand_per_second"] == "3.75", "what its kind begins with"
    assert fields["carriers.spare.2.poll"] == "1h30m"
    assert (fields["carriers.main.place"], fields["carriers.third.place"]) == ("1", "3")
    assert "abcdefgh" not in page.text


async def test_a_form_sent_back_as_it_was_changes_nothing(pages: Pages, admin: Browser) -> None:
    answer = await send(admin, PATH)
    assert answer.status_code == 303, text_of(answer)
    assert await kept(pages) == {}


async def test_what_is_changed_is_kept_by_name_with_who_and_waits_for_a_restart(
    pages: Pages, admin: Browser
) -> None:
    typed = {
        "carriers.spare.2.number_per_day": "700",
        "carriers.spare.2.senders": "+1 202 555 0124; +12025550125",
        "carriers.spare.2.confirms_opt_out": "yes",
        "carriers.main.brand_per_day": "",
        "carriers.main.line_types": "",
        "gateway.per_second": "3",
    }
    assert (await send(admin, PATH, **typed)).status_code == 303
    assert await kept(pages) == {
        "carriers.spare.2.number_per_day": "700",
        "carriers.spare.2.senders": ["+1 202 555 0124", "+12025550125"],
        "carriers.spare.2.confirms_opt_out": "true",
        "carriers.main.brand_per_day": None,
        "carriers.main.line_types": "false",
        "gateway.per_second": "3",
    }
    page = await admin.get(PATH)
    said = text_of(page)
    assert "Takes effect at the next restart:" in said
    assert "set on screen by Ada A." in said
    assert "10-site.yaml:8 says otherwise than what was set on screen by Ada A." in said
    assert fields_of(page, PATH)["carriers.spare.2.senders"] == "+12025550124, +12025550125"
    (entry,) = [entry for entry in pages.audit("change") if "carriers" in entry.what]
    assert (entry.shown, entry.about) == ("Ada A.", "settings-1")


async def test_back_to_what_the_files_say_is_no_setting_any_more(pages: Pages, admin: Browser) -> None:
    await send(admin, PATH, **{"carriers.third.confirms_opt_out": "yes", "carriers.main.brand_per_day": "9"})
    assert len(await kept(pages)) == 2
    await send(admin, PATH, **{"carriers.third.confirms_opt_out": "", "carriers.main.brand_per_day": "2000"})
    assert await kept(pages) == {}


@pytest.mark.parametrize(
    ("moved", "order"),
    [
        ({"third": "1"}, ["third", "main", "spare.2"]),
        ({"main": "3"}, ["spare.2", "third", "main"]),
        ({"main": "2"}, ["spare.2", "main", "third"]),
        ({"main": "3", "third": "1"}, ["third", "spare.2", "main"]),
    ],
)
async def test_whoever_is_moved_takes_the_place_and_the_others_make_room(
    pages: Pages, admin: Browser, moved: dict[str, str], order: list[str]
) -> None:
    answer = await send(admin, PATH, **{f"carriers.{name}.place": place for name, place in moved.items()})
    assert answer.status_code == 303
    assert await kept(pages) == {"carriers._order": order}
    assert await names(pages) == order
    assert "1. " + order[0] in text_of(await admin.get(PATH))


async def test_what_is_wrong_is_said_beside_the_carrier_that_it_was_typed_for(
    pages: Pages, admin: Browser
) -> None:
    typed = {"carriers.third.place": "1", "carriers.third.senders": "12", "carriers.main.poll": "often"}
    answer = await send(admin, PATH, **typed)
    assert answer.status_code == 400
    said = text_of(answer)
    assert "carriers.third.senders.0 is not a phone number" in said
    assert "carriers.main.poll is not a length of time" in said
    wrong = [tag for tag in answer.text.split("<input") if 'aria-invalid="true"' in tag.partition(">")[0]]
    assert [tag.partition('name="')[2].partition('"')[0] for tag in wrong] == [
        "carriers.main.poll",
        "carriers.third.senders",
    ]
    assert fields_of(answer, PATH)["carriers.main.poll"] == "often", "to be mended"
    assert await kept(pages) == {}


def restarted(pages: Pages, *carriers: str) -> Pages:
    """The same clinic, whose service started again with other files."""
    later = clinic(*carriers)
    later.store = pages.store
    later.desk = later.make_desk()
    later.app = make_app(later.desk)
    return later


@pytest.mark.parametrize("left", [(MAIN, SPARE), ()], ids=["two of three", "no list any more"])
async def test_a_carrier_that_left_the_files_is_told_and_can_be_taken_back(
    pages: Pages, admin: Browser, left: tuple[str, ...]
) -> None:
    await send(admin, PATH, **{"carriers.third.place": "1", "carriers.third.poll": "9s"})
    later = restarted(pages, *left)
    assert (await later.desk.settings.view()).broken == ""
    admin = await admin_of(later)
    said = text_of(await admin.get(PATH))
    assert "has no carrier called third" in said
    assert "It has no effect there." in said
    for key in ("carriers.third.poll", "carriers._order"):
        answer = await admin.post("/settings/drop", {"key": key, "seen": "9", "back": PATH})
        assert answer.headers["location"] == PATH
    assert await kept(later) == {}
    assert "has no carrier called" not in text_of(await admin.get(PATH))


async def test_a_form_drawn_before_the_files_had_a_carrier_takes_nothing_from_it(pages: Pages) -> None:
    before = restarted(pages, KNOCKS, MAIN)
    stale = fields_of(await (await admin_of(before)).get(PATH), PATH)
    after = restarted(pages, SPARE, MAIN, KNOCKS)
    admin = await admin_of(after)
    answer = await admin.post(PATH, stale | {"carriers.main.poll": "7s"})
    assert answer.status_code == 303, text_of(answer)
    assert await kept(after) == {"carriers.main.poll": "7s"}
    answer = await admin.post(PATH, stale | {"seen": "1", "carriers.main.place": "1"})
    assert answer.status_code == 400
    assert "carriers._order is another one meanwhile" in text_of(answer)


async def test_any_version_of_the_carriers_can_be_gone_back_to(pages: Pages, admin: Browser) -> None:
    await send(admin, PATH, **{"carriers.third.place": "1"})
    await send(admin, PATH, **{"carriers.third.place": "3", "carriers.third.poll": "9s"})
    assert await names(pages) == ["main", "spare.2", "third"]
    assert "third" in unescape((await admin.get("/settings/history/1")).text)
    assert (await admin.post("/settings/history/1")).status_code == 303
    assert await kept(pages) == {"carriers._order": ["third", "main", "spare.2"]}
    await admin.post("/settings/history/0")
    assert await kept(pages) == {}


@pytest.mark.parametrize("key", ["kind", "url", "account", "auth_token_file", "name", "webhooks"])
async def test_a_form_cannot_send_what_belongs_in_the_files(pages: Pages, admin: Browser, key: str) -> None:
    await send(admin, PATH, **{f"carriers.main.{key}": "x"})
    assert await kept(pages) == {}


async def test_the_page_tells_who_does_not_answer(pages: Pages) -> None:
    pages.app = make_app(pages.make_desk(carriers_answer=lambda: {"main": False, "third": True}))
    said = text_of(await (await admin_of(pages)).get(PATH))
    assert said.count("does not answer") == 1
    assert said.index("does not answer") < said.index("2. spare.2")
    assert said.count("no failures in a row") == 1


async def test_going_live_waits_until_the_carriers_are_in_force() -> None:
    pages = clinic(MAIN, SPARE, head="mode: shadow\n")
    admin = await admin_of(pages)
    await send(admin, PATH, **{"carriers.main.poll": "9s"})
    answer = await admin.post("/settings/mode", {"mode": "live", "seen": "1"})
    assert answer.status_code == 400
    assert "carriers.main.poll was changed and is not in force yet" in text_of(answer)


async def test_simulated_phones_in_the_first_place_are_told() -> None:
    phones = "  - {name: phones, kind: handset}\n"
    for carriers, told in (((phones, SPARE), True), ((SPARE, phones), False)):
        page = await (await admin_of(clinic(*carriers))).get(PATH)
        assert ("no text leaves this machine" in text_of(page)) is told


async def test_a_manager_reads_the_carriers_and_changes_nothing(pages: Pages) -> None:
    manager = await pages.signed_in("mia", Role.MANAGER, sites=None)
    page = await manager.get(PATH)
    assert "1. main (twilio)" in text_of(page)
    assert ">Keep<" not in page.text
    assert (await manager.post(PATH, {"carriers.main.poll": "9s"})).status_code == 403


anything = st.text(max_size=12) | st.sampled_from(
    [
        "",
        "0",
        "1",
        "2",
        "9",
        "-1",
        "1e3",
        "nan",
        "inf",
        "0.5",
        "5s",
        "true",
        "null",
        "+12025550199",
        "1,2",
        "third main spare.2",
    ]
)
typing = st.dictionaries(
    st.tuples(
        st.sampled_from(["main", "spare.2", "third", "gone", "_order"]),
        st.sampled_from(["place", *OF_A_CARRIER, "kind"]),
    ).map(lambda key: f"carriers.{key[0]}.{key[1]}")
    | st.just("carriers.drawn"),
    anything,
    max_size=3,
)


@settings(max_examples=15)
@given(typing)
async def test_whatever_is_typed_is_kept_as_a_configuration_or_refused_in_words(
    typed: dict[str, str],
) -> None:
    pages = clinic(MAIN, SPARE, KNOCKS)
    answer = await send(await admin_of(pages), PATH, **typed)
    assert answer.status_code in (303, 400)
    if answer.status_code == 400:
        assert "Nothing was changed." in text_of(answer)
        assert await kept(pages) == {}
    view = await pages.desk.settings.view()
    assert view.broken == ""
    assert sorted(one.name for one in view.carriers) == ["main", "spare.2", "third"]
    assert pages.files.made.layers.checked(view.overlay).found.carriers[0].name == view.carriers[0].name
