"""FHIR R4 as we speak it, against a server with a memory: what is read, taken, given back, and what can go wrong."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from secondring.domain.ehr import FreeTime, Guest
from secondring.domain.errors import PeerError
from secondring.ehr.fhir import SYSTEM, FhirEhr, FhirSettings
from tests.support.books import NINE, a_booking
from tests.support.clinic import ANNA
from tests.support.fhir_server import BASE, FhirServer

HALF = timedelta(minutes=30)
GUEST = Guest(number=ANNA, first_name="Anna", born=date(1980, 4, 27))


@pytest.fixture
def server() -> FhirServer:
    made = FhirServer()
    made.add_slots(NINE, 7, length=HALF)
    made.add_slots(NINE, 1, length=HALF, schedule="Schedule/9")
    return made


def client(server: FhirServer, **changes: Any) -> FhirEhr:
    values: dict[str, Any] = {"url": BASE, "schedules": ("Schedule/1",), "token": server.token}
    return FhirEhr(FhirSettings(**values | changes), transport=server.transport)


@pytest.fixture
async def ehr(server: FhirServer) -> AsyncIterator[FhirEhr]:
    made = client(server)
    yield made
    await made.close()


async def free(ehr: FhirEhr) -> list[datetime]:
    return [one.starts_at for one in await ehr.free(NINE - HALF, NINE + timedelta(days=1))]


async def test_free_times_of_its_schedules_over_all_pages(server: FhirServer, ehr: FhirEhr) -> None:
    found = await ehr.free(NINE, NINE + timedelta(hours=3))
    assert found == [FreeTime(NINE + n * HALF, NINE + (n + 1) * HALF) for n in range(6)]
    assert len([one for one in server.asked if one.endswith("/Slot")]) == 2


async def test_a_time_is_taken_with_an_appointment_that_tells_staff_whom(
    server: FhirServer, ehr: FhirEhr
) -> None:
    booking = a_booking()
    assert await ehr.book(booking, GUEST)
    assert NINE not in await free(ehr)
    (made,) = server.of("Appointment")
    (slot,) = server.of("Slot", "busy")
    assert made["identifier"] == [{"system": SYSTEM, "value": booking.id}]
    assert (made["status"], made["slot"]) == ("booked", [{"reference": f"Slot/{slot['id']}"}])
    assert made["comment"] == "Booked by text: Anna, born 1980-04-27, phone +12025550123"
    assert datetime.fromisoformat(made["start"]) == NINE


async def test_asked_again_it_books_nothing_twice(server: FhirServer, ehr: FhirEhr) -> None:
    booking = a_booking()
    assert await ehr.book(booking, GUEST)
    assert await ehr.book(booking, GUEST)
    assert len(server.of("Appointment")) == len(server.busy()) == 1


async def test_of_two_who_want_it_one_is_told_that_it_is_taken(server: FhirServer, ehr: FhirEhr) -> None:
    results = await asyncio.gather(*(ehr.book(a_booking(n), GUEST) for n in range(1, 6)))
    assert sorted(results) == [False] * 4 + [True]
    assert len(server.of("Appointment")) == len(server.busy()) == 1


async def test_two_doctors_free_at_once_are_two_times(server: FhirServer) -> None:
    ehr = client(server, schedules=("Schedule/1", "Schedule/9"))
    results = await asyncio.gather(*(ehr.book(a_booking(n), GUEST) for n in range(1, 4)))
    assert sorted(results) == [False, True, True]
    await ehr.close()


async def test_a_slot_that_is_too_short_is_not_taken(server: FhirServer, ehr: FhirEhr) -> None:
    assert not await ehr.book(replace(a_booking(), ends_at=NINE + timedelta(hours=1)), GUEST)
    assert server.busy() == []


async def test_what_was_taken_is_given_back_once(server: FhirServer, ehr: FhirEhr) -> None:
    booking = a_booking()
    await ehr.book(booking, GUEST)
    await ehr.cancel(booking.id)
    await ehr.cancel(booking.id)
    assert NINE in await free(ehr)
    assert [one["status"] for one in server.of("Appointment")] == ["cancelled"]
    assert await ehr.book(a_booking(2), GUEST)


async def test_cancelling_what_never_was_is_fine(ehr: FhirEhr) -> None:
    await ehr.cancel(a_booking().id)


@pytest.mark.parametrize("write", [0, 1], ids=["the Slot", "the Appointment"])
@pytest.mark.parametrize("fate", ["down", "lost", "500", "503", "401"])
async def test_while_nobody_can_tell_it_says_so_and_asking_again_settles_it(
    server: FhirServer, ehr: FhirEhr, fate: str, write: int
) -> None:
    server.fail = [""] * write + [fate]
    with pytest.raises(PeerError):
        await ehr.book(a_booking(), GUEST)
    assert await ehr.book(a_booking(), GUEST)
    assert len(server.of("Appointment")) == len(server.busy()) == 1


async def test_a_slot_whose_mark_is_dropped_is_rather_lost_than_booked_twice(
    server: FhirServer, ehr: FhirEhr
) -> None:
    server.drops_comments = True
    server.fail = ["lost"]
    with pytest.raises(PeerError):
        await ehr.book(a_booking(), GUEST)
    assert not await ehr.book(a_booking(), GUEST)
    assert server.of("Appointment") == []


async def test_an_appointment_that_is_refused_frees_its_slot(server: FhirServer, ehr: FhirEhr) -> None:
    server.fail = ["", "422"]
    with pytest.raises(PeerError, match="422"):
        await ehr.book(a_booking(), GUEST)
    assert server.busy() == []
    assert all("comment" not in slot for slot in server.of("Slot"))


async def test_what_staff_wrote_on_a_slot_stays(server: FhirServer, ehr: FhirEhr) -> None:
    server.of("Slot")[0]["comment"] = "room 4"
    booking = a_booking()
    await ehr.book(booking, GUEST)
    assert server.of("Slot", "busy")[0]["comment"] == f"room 4 [secondring {booking.id}]"
    await ehr.cancel(booking.id)
    assert server.of("Slot")[0]["comment"] == "room 4"


async def test_somebody_who_was_faster_between_reading_and_taking(server: FhirServer, ehr: FhirEhr) -> None:
    server.fail = ["412"]
    assert not await ehr.book(a_booking(), GUEST)
    assert server.of("Appointment") == []


@pytest.mark.parametrize("write", [0, 1], ids=["the Appointment", "the Slot"])
@pytest.mark.parametrize("fate", ["down", "lost", "503"])
async def test_cancelling_that_is_cut_short_is_done_by_the_next_try(
    server: FhirServer, ehr: FhirEhr, fate: str, write: int
) -> None:
    booking = a_booking()
    await ehr.book(booking, GUEST)
    server.fail = [""] * write + [fate]
    with pytest.raises(PeerError):
        await ehr.cancel(booking.id)
    await ehr.cancel(booking.id)
    assert server.busy() == []
    assert server.of("Appointment", "booked") == []


async def test_a_slot_that_somebody_else_has_by_then_is_not_freed(server: FhirServer, ehr: FhirEhr) -> None:
    mine, theirs = a_booking(1), a_booking(2)
    await ehr.book(mine, GUEST)
    await ehr.cancel(mine.id)
    await ehr.book(theirs, GUEST)
    await ehr.cancel(mine.id)
    assert server.busy() == [NINE.isoformat()]


async def test_a_wrong_token_is_told_and_not_shown(server: FhirServer) -> None:
    ehr = client(server, token="wrong")
    with pytest.raises(PeerError, match="the EHR answers 401") as told:
        await free(ehr)
    assert "wrong" not in str(told.value)
    assert "wrong" not in repr(FhirSettings(url=BASE, schedules=(), token="wrong"))
    await ehr.close()


async def test_a_next_page_elsewhere_is_not_followed_with_our_token(server: FhirServer, ehr: FhirEhr) -> None:
    server.next_page_at = "https://elsewhere.example/fhir/R4"
    with pytest.raises(PeerError, match="leads to another server"):
        await free(ehr)


async def test_without_versions_nothing_is_taken(server: FhirServer) -> None:
    server.without_versions = True
    server.add_slots(NINE, 1, length=HALF, schedule="Schedule/7")
    ehr = client(server, schedules=("Schedule/7",))
    with pytest.raises(PeerError, match="gives no versions"):
        await ehr.book(a_booking(), GUEST)
    await ehr.close()


@pytest.mark.parametrize(
    "slot",
    [
        {"start": "soon", "end": "later"},
        {"start": "2026-03-03T14:00:00", "end": "2026-03-03T14:30:00"},
        {"start": 7},
        {},
    ],
)
async def test_what_is_no_fhir_is_told_as_the_ehrs_fault(server: FhirServer, slot: dict[str, object]) -> None:
    server.page = 100
    bad = {"resourceType": "Slot", "id": "x", "status": "free", **slot}

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"entry": [{"resource": bad}]})

    ehr = FhirEhr(FhirSettings(url=BASE, schedules=()), transport=httpx.MockTransport(answer))
    with pytest.raises(PeerError, match="the EHR's"):
        await free(ehr)
    await ehr.close()
