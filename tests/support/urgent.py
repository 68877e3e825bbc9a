"""What tests of urgent calls do again and again: accept, be heard, wait for a stage."""

from lab.pbx import Pbx
from lab.phones import Line, Phone, State
from lab.triage import TONES
from secondring.domain.phone import PhoneNumber
from secondring.domain.urgent_case import Stage, UrgentCase
from tests.support.onlooker import Onlooker

NURSE_TONE, PATIENT_TONE = 1500, 1900
BUSY = 486
NOBODY_HOME = "2025550101"


def case_of(clinic: Onlooker, number: str) -> UrgentCase | None:
    def look() -> UrgentCase | None:
        with clinic.books() as books:
            episode = books.last_episode(PhoneNumber(number))
            cases = books.urgent_cases_of(episode.id) if episode else []
        return cases[-1] if cases else None

    return look()


def wait_for_stage(clinic: Onlooker, number: str, stage: Stage, timeout: float = 30) -> UrgentCase:
    def there() -> UrgentCase | None:
        case = case_of(clinic, number)
        return case if case and case.stage is stage else None

    return clinic.wait(there, f"the case to be {stage}, is {case_of(clinic, number)}", timeout)


def accept(nurse: Phone, *, timeout: float = 10) -> Line:
    """Answer, hear which clinic it is and what to press, press 1."""
    line = nurse.next_call(timeout).wait_for(State.RINGING).answer()
    line.wait_to_hear(TONES["urgent-site-northside"])
    line.wait_to_hear(TONES["urgent-accept"])
    line.dial("1")
    return line


def hear_each_other(nurse: Line, patient: Line) -> None:
    """A tone each way."""
    nurse.play_tone(NURSE_TONE)
    patient.play_tone(PATIENT_TONE)
    patient.wait_to_hear(NURSE_TONE, 10)
    nurse.wait_to_hear(PATIENT_TONE, 10)


def missed(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    """Somebody who was missed and texted: the thread that they can write URGENT in."""
    with Phone.outside(pbx, number) as caller:
        caller.call(NOBODY_HOME).wait_for(State.ENDED, 10)
    clinic.wait_for_text(number, "first-open")
