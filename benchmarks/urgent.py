"""How fast an urgent caller reaches a nurse, on a real Asterisk; the phones say when they ring and what they hear.

The phones' own answering and pressing take no time, so what is left is ours and Asterisk's.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.gauges import Spread, spread, wall
from lab import triage
from lab.errors import LabError
from lab.load import callers, place_missed_calls
from lab.pbx import Pbx
from lab.phones import Line, Phone, State
from lab.service import Service
from lab.triage import NURSE_TONE, PATIENT_TONE, TONES, URGENT
from secondring import wiring
from secondring.domain.phone import PhoneNumber
from secondring.domain.urgent_case import UrgentCase
from secondring.store.sqlstore import SqlStore

CASES = 50
PATIENCE = 15.0
SPOKEN = 1
"""Seconds after which a call with the patient counts."""
NURSE_PHONE = "1001"
PAGE = """\
## Urgent callers

{by_key} callers press through to triage, and {by_text} write URGENT, one after the other, on a real Asterisk; a nurse's
phone rings and is answered at once, 1 is pressed as soon as the question begins. The phones themselves say when they
ring and when the other's voice begins (to 20 ms). A reply is taken in at the handset carrier's next look, every 200 ms;
that wait is in these figures.

| | times | p50 | p99 | slowest |
|---|---:|---:|---:|---:|
| key 2 pressed → the nurse's phone rings | {key_ring} |
| 1 pressed → both hear each other, caller on the line | {key_heard} |
| URGENT written → the nurse's phone rings | {text_ring} |
| 1 pressed → the patient's phone rings | {patient_ring} |
| patient answers → both hear each other | {text_heard} |
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentResult:
    """Each span by itself."""

    key_ring: Spread
    key_heard: Spread
    text_ring: Spread
    patient_ring: Spread
    text_heard: Spread


def measure(cases: int = CASES) -> UrgentResult:
    """Half of them on the line, half by text; each numbers a caller of their own."""
    guards = {"per_site_per_minute": 10_000, "all_per_minute": 10_000, "spoken": f"{SPOKEN}s", "settle": "0s"}
    with Pbx() as pbx, Service(pbx, config=triage.config() | {"guards": guards}) as service:
        triage.add_triage(pbx, service)
        store = wiring.open_store(wiring.load_settings(service.home))
        clinic = _Clinic(pbx, service, store)
        try:
            with Phone.inside(pbx, NURSE_PHONE) as nurse:
                on_line = [clinic.by_key(nurse, number) for number in callers(2 * cases)[cases:]]
                place_missed_calls(pbx, rate=5, count=cases)
                written = [clinic.by_text(nurse, number) for number in callers(cases)]
        finally:
            store.close()
    key, key_heard = zip(*on_line, strict=True)
    text, patient, text_heard = zip(*written, strict=True)
    return UrgentResult(
        key_ring=spread(key),
        key_heard=spread(key_heard),
        text_ring=spread(text),
        patient_ring=spread(patient),
        text_heard=spread(text_heard),
    )


def page(result: UrgentResult) -> str:
    """The section of docs/performance.md."""
    return PAGE.format(
        by_key=result.key_ring.count,
        by_text=result.text_ring.count,
        key_ring=_row(result.key_ring),
        key_heard=_row(result.key_heard),
        text_ring=_row(result.text_ring),
        patient_ring=_row(result.patient_ring),
        text_heard=_row(result.text_heard),
    )


def _row(times: Spread) -> str:
    return f"{times.count} | {times.p50:.0f} ms | {times.p99:.0f} ms | {times.most:.0f} ms"


class _Clinic:
    """The lab, and what is read off it."""

    def __init__(self, pbx: Pbx, service: Service, store: SqlStore) -> None:
        self._pbx = pbx
        self._handset = wiring.handset(wiring.load_settings(service.home))
        self._store = store

    def by_key(self, nurse: Phone, number: str) -> tuple[float, float]:
        """Trigger to ring, accept to heard."""
        with Phone.outside(self._pbx, number) as caller, _over(self._pbx):
            call = caller.call(URGENT).wait_for(State.TALKING)
            call.play_tone(PATIENT_TONE)
            call.listen()
            line = nurse.next_call(PATIENCE)
            rang = wall()
            accepted = _accept(line)
            heard = _both_heard(line, call)
            triggered = self._case(number).triggered_at
            call.hang_up()
            line.wait_for(State.ENDED)
        return rang - triggered.timestamp(), heard - accepted

    def by_text(self, nurse: Phone, number: str) -> tuple[float, float, float]:
        """Written to ring, accept to the patient's ring, their answer to heard."""
        _wait_until(lambda: bool(self._handset.inbox(PhoneNumber(number))))
        with Phone.outside(self._pbx, number) as patient, _over(self._pbx):
            self._handset.reply(PhoneNumber(number), "URGENT")
            written = wall()
            line = nurse.next_call(PATIENCE)
            rang = wall()
            accepted = _accept(line)
            call = patient.next_call(PATIENCE)
            patient_rang = wall()
            answered = wall()
            call.answer().wait_for(State.TALKING)
            call.play_tone(PATIENT_TONE)
            call.listen()
            heard = _both_heard(line, call)
            line.stay(
                SPOKEN + 0.5
            ).hang_up()  # a shorter talk counts as a mailbox, and the nurse is rung again
            call.wait_for(State.ENDED)
        return rang - written, patient_rang - accepted, heard - answered

    def _case(self, number: str) -> UrgentCase:
        with self._store.reading() as books:
            episode = books.last_episode(PhoneNumber(number))
            assert episode
            return books.urgent_cases_of(episode.id)[-1]


def _accept(line: Line) -> float:
    """Answer and press 1 when asked; when that was."""
    line.answer().wait_for(State.TALKING)
    line.play_tone(NURSE_TONE)
    line.listen()
    line.wait_to_hear(TONES["urgent-accept"], PATIENCE)
    line.dial("1")
    return wall()


def _both_heard(nurse: Line, patient: Line) -> float:
    """When the later of the two first heard the other."""
    patient.wait_to_hear(NURSE_TONE, PATIENCE)
    nurse.wait_to_hear(PATIENT_TONE, PATIENCE)
    heard = (patient.first_heard(NURSE_TONE), nurse.first_heard(PATIENT_TONE))
    return max(at for at in heard if at is not None)


@contextlib.contextmanager
def _over(pbx: Pbx) -> Iterator[None]:
    """The next caller begins on an idle PBX."""
    yield
    _wait_until(lambda: pbx.channels() == 0)


def _wait_until(happened: Callable[[], bool]) -> None:
    until = wall() + PATIENCE
    while not happened():
        if wall() > until:
            raise LabError(f"nothing came of it within {PATIENCE:.0f} s")
