"""A call that rings one phone."""

from lab.phones import BUSY, CONGESTED, DECLINED, UNAVAILABLE, Answer, Forward, Refuse, State
from lab.scenarios.dids import ONE_PHONE, ONE_PHONE_BRIEFLY
from lab.scenarios.stage import ANY, SECOND_CALLER, Stage, answered, missed, scenario


@scenario(ONE_PHONE, answered())
def answered_directly(stage: Stage) -> None:
    """The front desk picks up; the caller hangs up first."""
    desk = stage.desk(behaviour=Answer(after=0.5))
    call = stage.dial_in()
    desk.next_call().wait_for(State.TALKING)
    stage.talk(call).hang_up()


@scenario(ONE_PHONE, answered())
def answered_and_desk_hangs_up(stage: Stage) -> None:
    """The front desk picks up and hangs up first."""
    desk = stage.desk(behaviour=Answer())
    call = stage.talk(stage.dial_in())
    desk.next_call().hang_up()
    call.wait_for(State.ENDED)


@scenario(ONE_PHONE_BRIEFLY, missed("no-answer", "timeout"))
def rang_out(stage: Stage) -> None:
    """It rings until the dialplan's time is up."""
    stage.desk()
    stage.dial_in().wait_for(State.ENDED)


@scenario(ONE_PHONE, missed("no-answer", "caller-cancel"))
def caller_gives_up_ringing(stage: Stage) -> None:
    """The caller hangs up after a second of ringing."""
    desk = stage.desk()
    call = stage.dial_in()
    desk.next_call().wait_for(State.RINGING).stay(1)
    call.hang_up()


@scenario(ONE_PHONE, missed("no-answer", "caller-cancel"))
def very_short_ring(stage: Stage) -> None:
    """The caller hangs up in the moment the phone begins to ring."""
    desk = stage.desk()
    call = stage.dial_in()
    desk.next_call()
    call.hang_up()


@scenario(ONE_PHONE, missed("no-answer", ANY))
def glare(stage: Stage) -> None:
    """The caller hangs up and the desk picks up in the same instant: nobody talked."""
    desk = stage.desk()
    call = stage.dial_in().wait_for(State.RINGING)
    ringing = desk.next_call()
    call.start_hang_up()
    ringing.pick_up()
    ringing.wait_for(State.ENDED)


@scenario(ONE_PHONE, missed("busy"))
def busy(stage: Stage) -> None:
    """The desk is on another call."""
    stage.desk(behaviour=Refuse(BUSY))
    stage.dial_in().wait_for(State.ENDED)


@scenario(ONE_PHONE, missed("no-answer", "rejected"))
def declined(stage: Stage) -> None:
    """The desk presses the button that rejects the call."""
    stage.desk(behaviour=Refuse(DECLINED))
    stage.dial_in().wait_for(State.ENDED)


@scenario(ONE_PHONE, missed("no-answer", "timeout"))
def do_not_disturb(stage: Stage) -> None:
    """The desk phone says that it is temporarily unavailable."""
    stage.desk(behaviour=Refuse(UNAVAILABLE))
    stage.dial_in().wait_for(State.ENDED)


@scenario(ONE_PHONE, missed("no-answer", "unavailable"))
def phone_not_registered(stage: Stage) -> None:
    """The desk phone is unplugged: the PBX has nothing to ring."""
    stage.dial_in().wait_for(State.ENDED)


@scenario(ONE_PHONE, missed("no-answer", "congestion"))
def congestion(stage: Stage) -> None:
    """The way to the desk is out of service."""
    stage.desk(behaviour=Refuse(CONGESTED))
    stage.dial_in().wait_for(State.ENDED)


@scenario(ONE_PHONE_BRIEFLY, missed("no-answer", "timeout", caller=None))
def withheld_number_rang_out(stage: Stage) -> None:
    """A caller who withholds their number is missed; nobody can be texted."""
    stage.desk()
    stage.dial_in(caller=None).wait_for(State.ENDED)


@scenario(ONE_PHONE, answered())
def put_on_hold_and_back(stage: Stage) -> None:
    """The desk answers, puts the caller on hold and comes back."""
    desk = stage.desk(behaviour=Answer())
    call = stage.talk(stage.dial_in())
    talking = desk.next_call()
    talking.wait_for_audio()
    talking.hold()
    talking.unhold()
    call.hang_up()


@scenario(ONE_PHONE, answered())
def gave_up_on_hold(stage: Stage) -> None:
    """The desk answers, puts the caller on hold, and the caller leaves."""
    desk = stage.desk(behaviour=Answer())
    call = stage.talk(stage.dial_in())
    talking = desk.next_call()
    talking.wait_for_audio()
    talking.hold()
    call.hang_up()


@scenario(ONE_PHONE, answered())
def forwarded_and_answered(stage: Stage) -> None:
    """The desk phone forwards all calls to a colleague (302), who answers."""
    stage.desk(behaviour=Forward("1002"))
    colleague = stage.desk("1002", Answer(after=0.5))
    call = stage.dial_in()
    colleague.next_call().wait_for(State.TALKING)
    stage.talk(call).hang_up()


@scenario(ONE_PHONE, missed("no-answer", "timeout"))
def forwarded_and_unanswered(stage: Stage) -> None:
    """The desk phone forwards all calls to a colleague (302), who is not there."""
    stage.desk(behaviour=Forward("1002"))
    stage.desk("1002")
    stage.dial_in().wait_for(State.ENDED, timeout=8)


@scenario(ONE_PHONE, missed("no-answer", "timeout", caller=SECOND_CALLER, did=ONE_PHONE_BRIEFLY), answered())
def two_calls_one_answered(stage: Stage) -> None:
    """Two callers at once: the desk talks to the first while the second rings out."""
    desk = stage.desk(behaviour=Answer())
    first = stage.talk(stage.dial_in())
    desk.when_called = Answer(after=30)
    second = stage.dial_in(ONE_PHONE_BRIEFLY, caller=SECOND_CALLER)
    second.wait_for(State.ENDED)
    first.hang_up()
