"""What tests of urgent calls do again and again: be missed, wait for a stage."""

from lab.pbx import Pbx
from lab.phones import Phone, State
from secondring.domain.phone import PhoneNumber
from secondring.domain.urgent_case import Stage, UrgentCase
from tests.support.onlooker import Onlooker

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


def missed(pbx: Pbx, clinic: Onlooker, number: str) -> None:
    """Somebody who was missed and texted: the thread that they can write URGENT in."""
    with Phone.outside(pbx, number) as caller:
        caller.call(NOBODY_HOME).wait_for(State.ENDED, 10)
    clinic.wait_for_text(number, "first-open")
