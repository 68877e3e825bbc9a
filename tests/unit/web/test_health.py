"""How the service is doing: for people, for monitors, and without a patient in any of it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from secondring.domain import health, pulse
from secondring.domain.errors import StoreBusy
from secondring.domain.health import Finding, State
from secondring.domain.pulse import Service
from secondring.domain.staff import Role
from secondring.vitals import Vitals
from secondring.web.app import make_app
from secondring.web.health_page import certificate_lines
from secondring.wiring import now as right_now
from tests.support.certificates import loopback_certificate
from tests.support.clinic import ANNA
from tests.support.pages import ORIGIN, Pages, text_of
from tests.unit.web.test_work import clinic_of, missed


async def monitor(pages: Pages, path: str, address: str = "127.0.0.1") -> httpx.Response:
    transport = httpx.ASGITransport(app=pages.app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        return await client.get(path)


async def test_all_is_well(pages: Pages) -> None:
    missed(pages)
    browser = await pages.signed_in("max", Role.ADMIN)
    page = text_of(await browser.get("/health"))
    assert "Second Ring works" in page
    assert "0 min ago" in page
    assert "Tasks to do: 1" in page


async def test_a_remedy_can_be_typed_as_it_stands(pages: Pages) -> None:
    """`secondring doctor` alone looked at another clinic's configuration than the page was about."""
    desk = replace(pages.make_desk(), command="secondring --config /srv/clinic")
    pages.app = make_app(desk)
    browser = await pages.signed_in("max", Role.ADMIN)
    page = text_of(await browser.get("/health"))
    assert "run `secondring --config /srv/clinic doctor`" in page
    assert "`secondring doctor`" not in page


async def test_texts_that_wait_too_long_are_told(pages: Pages) -> None:
    clinic_of(pages).misses(ANNA)
    pages.wait(minutes=7)
    browser = await pages.signed_in("max", Role.ADMIN)
    page = text_of(await browser.get("/health"))
    assert "Something is broken" in page
    assert "1 are late, by up to 6 min" in page


async def test_monitors_get_numbers_and_no_patient(pages: Pages) -> None:
    missed(pages, "URGENT my knee")
    answer = await monitor(pages, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'secondring_tasks_open{queue="triage"} 1' in lines
    assert "secondring_alarms_unsigned 0" in lines
    assert "secondring_urgent_unreached 1" in lines
    assert any(line.startswith("secondring_last_call_timestamp_seconds 17") for line in lines)
    for line in lines:
        assert line.startswith("# ") or len(line.rsplit(" ", 1)) == 2
    assert "555" not in answer.text
    assert "knee" not in answer.text


async def test_alive_and_ready(pages: Pages) -> None:
    assert (await monitor(pages, "/healthz")).status_code == 200
    assert (await monitor(pages, "/readyz")).status_code == 200


async def test_without_a_link_it_is_alive_but_not_ready(pages: Pages) -> None:
    async def vitals() -> list[Finding]:
        return [Finding("ami", "Link to the PBX", State.BAD, "down")]

    pages.app = make_app(pages.make_desk(vitals=vitals))
    assert (await monitor(pages, "/healthz")).status_code == 200
    answer = await monitor(pages, "/readyz")
    assert (answer.status_code, answer.text) == (503, "ami: down\n")
    assert 'secondring_part_state{part="ami"} 2' in (await monitor(pages, "/metrics")).text


async def test_a_silent_gateway_is_not_ready(pages: Pages) -> None:
    with pages.store.transaction() as books:
        pulse.keep(books, pulse.State.WORKING, pages.now - timedelta(seconds=33), Service.GATEWAY)
    answer = await monitor(pages, "/readyz")
    assert (answer.status_code, answer.text) == (503, "service-gateway: was not heard of lately\n")


async def test_a_centre_names_its_gateway_and_its_boxes_and_no_listener(pages: Pages) -> None:
    async def vitals() -> list[Finding]:
        return [Finding("box-north-box", "Site box north-box", State.BAD, "silent for 2 min")]

    pages.app = make_app(pages.make_desk(vitals=vitals, expected=(Service.GATEWAY, Service.WEB)))
    with pages.store.transaction() as books:
        for service in (Service.GATEWAY, Service.LISTEN):  # the gateway keeps the other one for its boxes
            pulse.keep(books, pulse.State.WORKING, pages.now - timedelta(seconds=33), service)
    answer = await monitor(pages, "/readyz")
    assert answer.status_code == 503
    assert answer.text == "box-north-box: silent for 2 min\nservice-gateway: was not heard of lately\n"


async def test_without_a_database_monitors_are_told_so(pages: Pages) -> None:
    async def busy(work: object) -> None:
        raise StoreBusy("somebody else writes")

    pages.app = make_app(replace(pages.make_desk(), read=busy))  # type: ignore[arg-type]
    answer = await monitor(pages, "/readyz")
    assert (answer.status_code, answer.text) == (503, "database: somebody else writes\n")
    assert 'secondring_part_state{part="database"} 2' in (await monitor(pages, "/metrics")).text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("address", ["192.0.2.7", "testclient", ""])
async def test_only_this_machine_is_answered(pages: Pages, path: str, address: str) -> None:
    assert (await monitor(pages, path, address)).status_code == 404


def test_disk_and_certificate() -> None:
    now = Pages().now
    assert [health.of_disk(n).state for n in (10, 10**8, 10**10)] == [State.BAD, State.WARN, State.OK]
    ends = [now - timedelta(1), now + timedelta(days=3), now + timedelta(days=60)]
    assert [health.of_certificate("web", at, now).state for at in ends] == [State.BAD, State.WARN, State.OK]


def test_what_is_not_known_here_is_not_held_against_it() -> None:
    unknown = Finding("ami", "Link", State.UNKNOWN, "another process")
    assert health.worst([unknown]) is State.OK
    assert health.worst([unknown, Finding("disk", "Disk", State.WARN, "little")]) is State.WARN


def test_days_until_a_certificate_ends_are_there_for_monitors() -> None:
    now = Pages().now
    lines = certificate_lines(
        {"web": now + timedelta(days=20, hours=5), "booking": now - timedelta(hours=1)}, now
    )
    assert lines[2:] == [
        'secondring_certificate_days_left{listener="booking"} -1',
        'secondring_certificate_days_left{listener="web"} 20',
    ]
    assert certificate_lines({}, now) == []


async def test_monitors_get_them(pages: Pages) -> None:
    ends = {"web": pages.now + timedelta(days=3)}
    pages.app = make_app(pages.make_desk(certificates=lambda: ends))
    assert 'secondring_certificate_days_left{listener="web"} 3' in (await monitor(pages, "/metrics")).text


async def test_what_is_served_with_is_looked_at(pages: Pages, tmp_path: Path) -> None:
    good = loopback_certificate(tmp_path)
    papers = {"web": good.cert, "booking": tmp_path / "missing.pem"}
    found = {f.name: f for f in await Vitals(disk=tmp_path, certificates=papers, clock=right_now)()}
    assert found["certificate-web"].state is State.WARN
    assert found["certificate-web"].words == "runs out in 0 days"
    assert found["certificate-booking"].state is State.BAD
    assert "cannot be read" in found["certificate-booking"].words
