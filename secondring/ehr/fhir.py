"""FHIR R4: free Slots are read; a time is taken by its Slot, then by an Appointment; given back the other way round.

The Slot is put with the version that was read, so that of two who want it one is told 412, and only whoever got it goes
on. The Appointment is created on condition that none with our identifier exists. A mark in the Slot's comment tells
our own half-done work when an answer was lost. No transaction is needed: servers differ in what they mean by one.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from secondring.domain.booking import Booking, BookingId
from secondring.domain.ehr import FreeTime, Guest
from secondring.domain.errors import PeerError

Resource = dict[str, Any]

SYSTEM = "urn:secondring:booking"
"""Of the identifier under which the EHR keeps a booking of ours."""
JSON = "application/fhir+json"
TAKEN = frozenset({409, 412})
"""Somebody else changed the Slot since we read it."""
MOST_PAGES = 50
BODY_LIMIT = 8_000_000
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirSettings:
    """Where the EHR is, and which calendars are this site's."""

    url: str
    schedules: tuple[str, ...]
    """References to Schedules: `Schedule/12`."""
    token: str | None = field(default=None, repr=False)
    """Sent as `Authorization: Bearer`."""
    timeout: timedelta = timedelta(seconds=8)
    ca_file: str | None = None


class FhirEhr:
    """`Ehr` over a FHIR R4 server. Certificates are verified; redirects are not followed."""

    def __init__(self, settings: FhirSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._base = settings.url.rstrip("/") + "/"
        headers = {"accept": JSON, "content-type": JSON}
        if settings.token:
            headers["authorization"] = f"Bearer {settings.token}"
        self._http = httpx.AsyncClient(
            headers=headers,
            timeout=settings.timeout.total_seconds(),
            verify=ssl.create_default_context(cafile=settings.ca_file),
            trust_env=False,
            transport=transport,
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    # -- the port

    async def free(self, since: datetime, until: datetime) -> list[FreeTime]:
        """Free Slots, soonest first."""
        slots = [slot async for slot in self._slots(since, until)]
        return sorted(FreeTime(_time(slot, "start"), _time(slot, "end")) for slot in slots)

    async def book(self, booking: Booking, guest: Guest) -> bool:
        """Take any free Slot that begins then and is long enough; the Appointment refers to it."""
        if await self._appointment(booking.id) is not None:
            return True
        slot = await self._take_slot(booking)
        if slot is None:
            return False
        condition = {"if-none-exist": f"identifier={SYSTEM}|{booking.id}"}
        status, _ = await self._ask("POST", "Appointment", _appointment_for(slot, booking, guest), condition)
        if status >= 300:
            await self._free_slot(slot, booking.id)
            raise _unwilling(status)
        if await self._appointment(booking.id) is None:
            raise PeerError("the EHR took an Appointment and does not show it")
        return True

    async def _take_slot(self, booking: Booking) -> Resource | None:
        """One that is ours from now on; None when somebody else has them all."""
        moment = timedelta(seconds=1)
        found = [slot async for slot in self._slots(booking.starts_at, booking.starts_at + moment, "")]
        fitting = [slot for slot in found if _fits(slot, booking)]
        for slot in fitting:
            if slot.get("status") == "busy" and _is_marked(slot, booking.id):
                return slot
        for slot in fitting:
            if slot.get("status") != "free":
                continue
            status, taken = await self._put(_marked(slot, booking.id))
            if status < 300:
                return taken if taken.get("id") else await self._read(f"Slot/{_text(slot, 'id')}")
            if status not in TAKEN:
                raise _unwilling(status)
        return None

    async def cancel(self, booking: BookingId) -> None:
        """Cancel the Appointment, then free its Slots. Done half, it is done whole by the next try."""
        async for one in self._appointments(booking):
            stood = one.get("status") != "cancelled"
            if stood:
                status, _ = await self._put(one | {"status": "cancelled"})
                if status >= 300:
                    raise _unwilling(status)
            for reference in _list(one, "slot"):
                slot = await self._read(_text(reference, "reference"))
                if slot.get("status") == "busy" and (stood or _is_marked(slot, booking)):
                    await self._free_slot(slot, booking)

    async def _free_slot(self, slot: Resource, booking: BookingId) -> None:
        status, _ = await self._put(_unmarked(slot, booking))
        if status >= 300:
            raise _unwilling(status)

    # -- reading

    async def _slots(self, since: datetime, until: datetime, status: str = "free") -> AsyncIterator[Resource]:
        query = [
            *([("status", status)] if status else []),
            ("schedule", ",".join(self._settings.schedules)),
            ("start", f"ge{_written(since)}"),
            ("start", f"lt{_written(until)}"),
            ("_sort", "start"),
            ("_count", "200"),
        ]
        address = str(httpx.URL("Slot", params=query))
        async for slot in self._found(address, "Slot"):
            # Some servers leave parts of a search out: what they send is looked at once more.
            if slot.get("status") == (status or slot.get("status")) and since <= _time(slot, "start") < until:
                yield slot

    async def _appointment(self, booking: BookingId) -> Resource | None:
        """The one that stands under our identifier."""
        async for one in self._appointments(booking):
            if one.get("status") != "cancelled":
                return one
        return None

    async def _appointments(self, booking: BookingId) -> AsyncIterator[Resource]:
        address = str(httpx.URL("Appointment", params={"identifier": f"{SYSTEM}|{booking}"}))
        async for one in self._found(address, "Appointment"):
            if _is_ours(one, booking):
                yield one

    async def _found(self, address: str, kind: str) -> AsyncIterator[Resource]:
        """All pages of a search."""
        for _ in range(MOST_PAGES):
            status, bundle = await self._ask("GET", address)
            if status != 200:
                raise _unwilling(status)
            for entry in _list(bundle, "entry"):
                resource = _part(entry, "resource")
                if resource.get("resourceType") == kind:
                    yield resource
            following = next(
                (_text(x, "url") for x in _list(bundle, "link") if x.get("relation") == "next"), ""
            )
            if not following:
                return
            address = self._at_home(following)
        raise PeerError(f"the EHR's answer has more than {MOST_PAGES} pages")

    async def _read(self, reference: str) -> Resource:
        status, found = await self._ask("GET", self._at_home(reference))
        if status != 200:
            raise _unwilling(status)
        return found

    def _at_home(self, address: str) -> str:
        """An address that the EHR names; our token goes nowhere but to the EHR."""
        whole, base = urlsplit(urljoin(self._base, address)), urlsplit(self._base)
        if (whole.scheme, whole.netloc) != (base.scheme, base.netloc):
            raise PeerError("the EHR's answer leads to another server; it was not followed")
        return whole.geturl()

    async def _put(self, resource: Resource) -> tuple[int, Resource]:
        """Change it, unless somebody else did since it was read."""
        version = _part(resource, "meta").get("versionId")
        if not isinstance(version, str) or not version:
            raise PeerError("the EHR gives no versions, so nobody can be kept from a double booking")
        address = f"{_text(resource, 'resourceType')}/{_text(resource, 'id')}"
        return await self._ask("PUT", address, resource, {"if-match": f'W/"{version}"'})

    async def _ask(
        self,
        method: str,
        address: str,
        body: Resource | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Resource]:
        url = urljoin(self._base, address)
        try:
            async with (
                asyncio.timeout(self._settings.timeout.total_seconds()),
                self._http.stream(method, url, json=body, headers=headers) as answer,
            ):
                read = b""
                async for part in answer.aiter_bytes():
                    read += part
                    if len(read) > BODY_LIMIT:
                        raise PeerError("the EHR's answer is too long")
        except (httpx.HTTPError, TimeoutError) as error:
            raise PeerError(f"the EHR does not answer ({type(error).__name__})") from None
        if answer.status_code >= 300:
            return answer.status_code, {}
        return answer.status_code, _json(answer, read) if read or method == "GET" else {}


def _json(answer: httpx.Response, body: bytes) -> Resource:
    try:
        found = httpx.Response(answer.status_code, content=body).json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PeerError("the EHR's answer is no FHIR")
    return found


# ---------------------------------------------------------------- what is written


def _appointment_for(slot: Resource, booking: Booking, guest: Guest) -> Resource:
    return {
        "resourceType": "Appointment",
        "identifier": [{"system": SYSTEM, "value": booking.id}],
        "status": "booked",
        "slot": [{"reference": f"Slot/{_text(slot, 'id')}"}],
        "start": _written(booking.starts_at),
        "end": _written(booking.ends_at),
        "description": booking.visit,
        "comment": _about(guest),
        # Whom they are in the EHR we do not know: staff match them, we never make a Patient.
        "participant": [{"type": [{"text": "patient"}], "required": "required", "status": "accepted"}],
    }


def _mark(booking: BookingId) -> str:
    return f"[secondring {booking}]"


def _marked(slot: Resource, booking: BookingId) -> Resource:
    """Busy, and to be known again as ours."""
    return slot | {"status": "busy", "comment": f"{_comment(slot)} {_mark(booking)}".strip()}


def _unmarked(slot: Resource, booking: BookingId) -> Resource:
    left = _comment(slot).replace(_mark(booking), "").strip()
    freed = {name: value for name, value in slot.items() if name != "comment"} | {"status": "free"}
    return freed | ({"comment": left} if left else {})


def _is_marked(slot: Resource, booking: BookingId) -> bool:
    return _mark(booking) in _comment(slot)


def _comment(slot: Resource) -> str:
    found = slot.get("comment")
    return found if isinstance(found, str) else ""


def _about(guest: Guest) -> str:
    born = f", born {guest.born.isoformat()}" if guest.born else ""
    number = f", phone {guest.number.e164}" if guest.number else ""
    return f"Booked by text: {guest.first_name or 'no name given'}{born}{number}"


# ---------------------------------------------------------------- what is read


def _fits(slot: Resource, booking: Booking) -> bool:
    return _time(slot, "start") == booking.starts_at and _time(slot, "end") >= booking.ends_at


def _is_ours(appointment: Resource, booking: BookingId) -> bool:
    return any(
        one.get("system") == SYSTEM and one.get("value") == booking
        for one in _list(appointment, "identifier")
    )


def _list(resource: Mapping[str, Any], name: str) -> Iterator[Resource]:
    found = resource.get(name, [])
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())


def _part(resource: Mapping[str, Any], name: str) -> Resource:
    found = resource.get(name)
    return found if isinstance(found, dict) else {}


def _text(resource: Mapping[str, Any], name: str) -> str:
    found = resource.get(name)
    if not isinstance(found, str) or not found:
        raise PeerError(f"the EHR's answer has no {name!r}")
    return found


def _time(resource: Resource, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(_text(resource, name))
    except ValueError:
        raise PeerError(f"the EHR's answer has no time at {name!r}") from None
    if found.tzinfo is None:
        raise PeerError(f"the EHR's time at {name!r} has no zone")
    return found.astimezone(UTC)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unwilling(status: int) -> PeerError:
    return PeerError(f"the EHR answers {status}")
