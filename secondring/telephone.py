"""What the pages use of the link that dials: calling patients back, and ringing whoever takes an urgent call."""

import secrets
from typing import Protocol

from ami_listener.call_back import CallBack, CallBacks
from ami_listener.originate import Link
from config.call_back import CallBackSettings
from secondring.domain.errors import PeerError
from secondring.domain.ladder import DialPlan
from secondring.domain.phone import PhoneNumber
from secondring.domain.rules import Site
from secondring.domain.triage_events import Why


class UpOrDown(Link, Protocol):
    """The link, and whether it is there."""

    @property
    def is_up(self) -> bool:
        """True while logged in."""
        ...


class Telephone:
    """The clinic's phones, as a clerk at a screen uses them."""

    def __init__(self, link: UpOrDown, settings: CallBackSettings) -> None:
        self._link = link
        self._calls = CallBacks(link)
        self._settings = settings

    @property
    def is_up(self) -> bool:
        """False while the PBX cannot be told to ring anybody."""
        return self._link.is_up

    async def call_back(self, *, phone: str, patient: PhoneNumber, site: Site) -> Why | None:
        """Ring the phone on the clerk's desk, then the patient; returns when the clerk has picked up, or why not.

        Raises PeerError when the PBX does not answer, ValueError for a phone that is none.
        """
        if not self.is_up:
            raise PeerError("there is no link to the PBX just now; call from your phone")
        plan = self._plan(site)
        call = CallBack(
            id=secrets.token_hex(8),
            clerk=plan.string(phone, outside=phone.startswith("+")),
            patient=plan.string(patient.e164, outside=True),
            shown=site.phone.e164,
            language=site.language,
            ring=self._settings.ring,
            patient_ring=self._settings.patient_ring,
        )
        return await self._calls.place(call)

    def _plan(self, site: Site) -> DialPlan:
        """A call from a desk must be seen by us as one, so the desk's phone is dialled without detours."""
        ladder = site.triage.dial.outside if site.triage else DialPlan().outside
        return DialPlan(internal=self._settings.internal, outside=self._settings.outside or ladder)
