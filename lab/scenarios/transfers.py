"""Callers who are handed on: transferred, parked, fetched, forgotten."""

from lab.phones import Answer, Line, Phone, State
from lab.scenarios.dids import ONE_PHONE, PARKED_AT_ONCE
from lab.scenarios.stage import Stage, answered, missed, ours, scenario


def talk_to_desk(stage: Stage) -> tuple[Line, Phone, Line]:
    """Call in and have the desk answer: the caller's line, the desk, the desk's line."""
    desk = stage.desk(behaviour=Answer())
    call = stage.talk(stage.dial_in())
    talking = desk.next_call().wait_for(State.TALKING)
    return call, desk, talking


@scenario(ONE_PHONE, answered())
def blind_transfer_answered(stage: Stage) -> None:
    """The desk hands the caller to a colleague unannounced, who answers."""
    colleague = stage.desk("1002", Answer(after=0.3))
    call, _, talking = talk_to_desk(stage)
    talking.transfer("1002")
    colleague.next_call().wait_for(State.TALKING)
    stage.talk(call, people=3).hang_up()


@scenario(ONE_PHONE, answered())
def blind_transfer_unanswered(stage: Stage) -> None:
    """The desk hands the caller to a colleague who does not answer: a person had answered before."""
    stage.desk("1002")
    call, _, talking = talk_to_desk(stage)
    talking.transfer("1002")
    call.wait_for(State.ENDED, timeout=8)


@scenario(ONE_PHONE, ours("internal"), answered())
def attended_transfer(stage: Stage) -> None:
    """The desk asks a colleague first, then joins the two."""
    stage.desk("1002", Answer())
    call, desk, talking = talk_to_desk(stage)
    talking.hold()
    asking = desk.call("1002").wait_for(State.TALKING)
    talking.transfer_to(asking)
    stage.tap.wait_for_event("AttendedTransfer")
    asking.wait_for(State.ENDED)
    stage.talk(call, people=4).hang_up()


@scenario(ONE_PHONE, ours("internal"), answered())
def attended_transfer_while_ringing(stage: Stage) -> None:
    """The desk joins the caller to a colleague's phone that still rings, and the colleague answers."""
    colleague = stage.desk("1002")
    call, desk, talking = talk_to_desk(stage)
    talking.hold()
    asking = desk.call("1002").wait_for(State.RINGING)
    talking.transfer_to(asking)
    stage.tap.wait_for_event("AttendedTransfer")
    colleague.next_call().answer().wait_for(State.TALKING)
    stage.talk(call, people=3).hang_up()


@scenario(ONE_PHONE, answered(), ours("internal"))
def parked_and_fetched(stage: Stage) -> None:
    """The desk parks the caller, a colleague fetches them."""
    colleague = stage.desk("1002")
    call, _, talking = talk_to_desk(stage)
    talking.transfer("700")
    place = stage.tap.wait_for_event("ParkedCall")["ParkingSpace"]
    colleague.call(place).wait_for(State.TALKING)
    stage.tap.wait_for_event("UnParkedCall")
    stage.talk(call, people=3).hang_up()


@scenario(ONE_PHONE, answered("parked-lost"))
def parked_and_forgotten(stage: Stage) -> None:
    """The desk parks the caller, nobody fetches them, they hang up."""
    call, _, talking = talk_to_desk(stage)
    talking.transfer("700")
    stage.tap.wait_for_event("ParkedCall")
    call.hang_up()


@scenario(PARKED_AT_ONCE, missed("abandoned", "parked"))
def parked_before_any_human(stage: Stage) -> None:
    """The dialplan itself parks the caller, who hangs up before anyone comes."""
    call = stage.dial_in()
    stage.tap.wait_for_event("ParkedCall")
    call.wait_for(State.TALKING).hang_up()


@scenario(PARKED_AT_ONCE, missed("abandoned", "parked"))
def parked_until_time_was_up(stage: Stage) -> None:
    """The dialplan itself parks the caller; time is up and nobody came."""
    stage.dial_in().wait_for(State.ENDED, timeout=8)
