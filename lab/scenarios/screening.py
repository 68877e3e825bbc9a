"""A nurse's mobile: only a key pressed by a person counts."""

from lab.phones import Answer, Line, State
from lab.scenarios.dids import MOBILE_UNSCREENED, SCREENED_MOBILE
from lab.scenarios.stage import Stage, answered, missed, scenario
from lab.sounds import QUESTION


def ring_the_nurse(stage: Stage) -> tuple[Line, Line]:
    """Call in and have the mobile answered; the nurse now hears the question."""
    mobile = stage.mobile(Answer())
    call = stage.dial_in()
    asked = mobile.next_call().wait_for(State.TALKING)
    asked.wait_for_audio()
    return call, asked


@scenario(SCREENED_MOBILE, answered())
def screen_accepted(stage: Stage) -> None:
    """The nurse answers, is asked, and presses 1."""
    call, asked = ring_the_nurse(stage)
    asked.wait_to_hear(QUESTION)
    asked.dial("1")
    stage.talk(call).hang_up()


@scenario(SCREENED_MOBILE, missed("no-answer", "refused"))
def screen_refused(stage: Stage) -> None:
    """The nurse answers, is asked, and presses 2."""
    call, asked = ring_the_nurse(stage)
    asked.wait_to_hear(QUESTION)
    asked.dial("2")
    call.wait_for(State.ENDED)


@scenario(SCREENED_MOBILE, missed("no-answer", "refused"))
def screen_meets_voicemail(stage: Stage) -> None:
    """The mobile's own voicemail answers; nobody presses anything."""
    call, asked = ring_the_nurse(stage)
    asked.play_tone(440)
    call.wait_for(State.ENDED, timeout=8)


@scenario(SCREENED_MOBILE, missed("no-answer", "refused"))
def screen_nurse_hangs_up(stage: Stage) -> None:
    """The nurse answers and hangs up while being asked."""
    call, asked = ring_the_nurse(stage)
    asked.hang_up()
    call.wait_for(State.ENDED)


@scenario(SCREENED_MOBILE, missed("no-answer", "refused"))
def screen_caller_hangs_up(stage: Stage) -> None:
    """The caller hangs up while the nurse is being asked."""
    call, asked = ring_the_nurse(stage)
    call.hang_up()
    asked.wait_for(State.ENDED, timeout=8)


@scenario(MOBILE_UNSCREENED, answered())
def mobile_answers_unscreened(stage: Stage) -> None:
    """The nurse's mobile answers without being asked anything: taken for a person."""
    stage.mobile(Answer(after=0.3))
    stage.talk(stage.dial_in()).hang_up()


@scenario(SCREENED_MOBILE, missed("no-answer", "caller-cancel"))
def mobile_rings_caller_gives_up(stage: Stage) -> None:
    """The mobile rings; the caller gives up."""
    mobile = stage.mobile()
    call = stage.dial_in()
    mobile.next_call().wait_for(State.RINGING)
    call.hang_up()
