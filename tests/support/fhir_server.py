"""A FHIR R4 server as small as can be: Slots and Appointments with versions, searches by page, conditional writes.

It keeps what it is told and can be made to fail: before it did anything, or after it did everything.
"""

import asyncio
import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

BASE = "https://ehr.example/fhir/R4"
Resource = dict[str, Any]


@dataclass
class FhirServer:
    """Stateful; `transport` is what a client of httpx speaks to."""

    token: str = "a token"
    page: int = 3
    kept: dict[str, Resource] = field(default_factory=dict)
    fail: list[str] = field(default_factory=list)
    """What the next writes meet: `down` before anything, `lost` when all is done, a status, or nothing (`""`)."""
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    next_page_at: str = BASE
    without_versions: bool = False
    drops_comments: bool = False
    _made: int = 0

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    # -- what is there

    def add_slots(
        self, start: datetime, count: int, *, length: timedelta, schedule: str = "Schedule/1"
    ) -> None:
        """So many free times, one after the other."""
        for n in range(count):
            at = start + n * length
            self._put_new(
                {
                    "resourceType": "Slot",
                    "schedule": {"reference": schedule},
                    "status": "free",
                    "start": at.isoformat(),
                    "end": (at + length).isoformat(),
                }
            )

    def _put_new(self, resource: Resource) -> Resource:
        self._made += 1
        return self._put(resource | {"id": str(self._made), "meta": {"versionId": "0"}})

    def _put(self, resource: Resource) -> Resource:
        version = int(resource.get("meta", {}).get("versionId", "0")) + 1
        resource = deepcopy(resource) | {"meta": {"versionId": str(version)}}
        if self.without_versions:
            del resource["meta"]
        self.kept[f"{resource['resourceType']}/{resource['id']}"] = resource
        return resource

    def of(self, kind: str, status: str = "") -> list[Resource]:
        """All of a kind, or those in a state."""
        return [
            one for one in self.kept.values() if one["resourceType"] == kind and status in ("", one["status"])
        ]

    def busy(self) -> list[str]:
        return [slot["start"] for slot in self.of("Slot", "busy")]

    # -- the protocol

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        self.asked.append(f"{request.method} {request.url.path}")
        if self.silent:
            raise httpx.ConnectError("nobody there", request=request)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return httpx.Response(401)
        if request.method == "GET":
            return self._get(request.url)
        fate = self.fail.pop(0) if self.fail else ""
        if fate == "down":
            raise httpx.ConnectError("nobody there", request=request)
        if fate.isdecimal():
            return httpx.Response(int(fate))
        answer = self._write(request, json.loads(request.content))
        if fate == "lost":
            raise httpx.ReadTimeout("no answer", request=request)
        return answer

    def _get(self, url: httpx.URL) -> httpx.Response:
        path = url.path.removeprefix("/fhir/R4/")
        if "/" in path:
            found = self.kept.get(path)
            return httpx.Response(200, json=found) if found else httpx.Response(404)
        found_all = [one for one in self.of(path) if self._matches(one, url.params)]
        found_all.sort(key=lambda one: (one.get("start", ""), one["id"]))
        offset = int(url.params.get("_offset", "0"))
        shown = found_all[offset : offset + self.page]
        links = []
        if len(found_all) > offset + self.page:
            again = [(k, v) for k, v in url.params.multi_items() if k != "_offset"]
            query = urlencode([*again, ("_offset", str(offset + self.page))])
            links = [{"relation": "next", "url": f"{self.next_page_at}/{path}?{query}"}]
        bundle = {"resourceType": "Bundle", "link": links, "entry": [{"resource": one} for one in shown]}
        return httpx.Response(200, json=bundle)

    def _matches(self, one: Resource, asked: httpx.QueryParams) -> bool:
        if "identifier" in asked and asked["identifier"] not in _identifiers(one):
            return False
        if "status" in asked and one["status"] != asked["status"]:
            return False
        if "schedule" in asked and one["schedule"]["reference"] not in asked["schedule"].split(","):
            return False
        return all(_holds(one["start"], limit) for limit in asked.get_list("start"))

    def _write(self, request: httpx.Request, resource: Resource) -> httpx.Response:
        path = request.url.path.removeprefix("/fhir/R4/")
        if request.method == "POST":
            _, _, wanted = request.headers["if-none-exist"].partition("=")
            there = [one for one in self.of(path) if wanted in _identifiers(one)]
            if there:
                return httpx.Response(200, json=there[0])
            assert resource["participant"]
            assert all(one.get("type") or one.get("actor") for one in resource["participant"])  # app-1
            return httpx.Response(201, json=self._put_new(resource))
        now = self.kept.get(path)
        if now is None:
            return httpx.Response(404)
        if request.headers["if-match"] != f'W/"{now["meta"]["versionId"]}"':
            return httpx.Response(412)
        if self.drops_comments:
            resource.pop("comment", None)
        return httpx.Response(200, json=self._put(resource | {"meta": now["meta"]}))


def _identifiers(one: Resource) -> list[str]:
    return [f"{each['system']}|{each['value']}" for each in one.get("identifier", [])]


def _holds(start: str, limit: str) -> bool:
    at, bound = datetime.fromisoformat(start), datetime.fromisoformat(limit[2:])
    return at >= bound if limit.startswith("ge") else at < bound
