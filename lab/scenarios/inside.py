"""Calls that do not come from outside, and a PBX that stops."""

from lab.phones import Answer, State
from lab.scenarios.dids import ONE_PHONE, ONE_PHONE_BRIEFLY
from lab.scenarios.stage import ANY, MOBILE, Stage, answered, missed, ours, scenario

OUTSIDE = f"9{MOBILE.removeprefix('+1')}"


@scenario(ONE_PHONE, ours("internal"))
def internal_call(stage: Stage) -> None:
    """One desk calls another."""
    stage.desk("1002", Answer())
    stage.talk(stage.desk("1001").call("1002")).hang_up()


@scenario(ONE_PHONE, ours("outbound"))
def outbound_call(stage: Stage) -> None:
    """The desk calls a mobile outside."""
    stage.mobile(Answer())
    stage.talk(stage.desk("1001").call(OUTSIDE)).hang_up()


@scenario(ONE_PHONE, ours("outbound"))
def outbound_call_unanswered(stage: Stage) -> None:
    """The desk calls a mobile outside that does not answer."""
    mobile = stage.mobile()
    call = stage.desk("1001").call(OUTSIDE)
    mobile.next_call().wait_for(State.RINGING)
    call.hang_up()


@scenario(ONE_PHONE, ours("outbound"))
def click_to_call(stage: Stage) -> None:
    """A click rings the desk's own phone, then dials the patient."""
    mobile = stage.mobile(Answer())
    desk = stage.desk("1001", Answer())
    stage.operator(
        {
            "Action": "Originate",
            "Channel": "PJSIP/1001",
            "Context": "click-to-call",
            "Exten": OUTSIDE,
            "Priority": "1",
            "Async": "true",
        }
    )
    taken = desk.next_call().wait_for(State.TALKING)
    mobile.next_call().wait_for(State.TALKING)
    stage.talk(taken).hang_up()


@scenario(ONE_PHONE, ours("originated"))
def originated_announcement(stage: Stage) -> None:
    """The PBX rings a desk by itself and plays something."""
    desk = stage.desk("1001", Answer())
    stage.operator(
        {
            "Action": "Originate",
            "Channel": "PJSIP/1001",
            "Context": "announce",
            "Exten": "s",
            "Priority": "1",
            "Async": "true",
        }
    )
    desk.next_call().wait_for(State.TALKING).wait_for(State.ENDED)


@scenario(ONE_PHONE, answered())
def pbx_stops_during_talk(stage: Stage) -> None:
    """Asterisk is stopped while the desk and the caller talk."""
    stage.desk(behaviour=Answer())
    call = stage.talk(stage.dial_in())
    stage.pbx.restart()
    call.wait_for(State.ENDED)


@scenario(ONE_PHONE, missed("no-answer", ANY))
def pbx_stops_while_ringing(stage: Stage) -> None:
    """Asterisk is stopped while the desk's phone rings."""
    desk = stage.desk()
    call = stage.dial_in()
    desk.next_call().wait_for(State.RINGING)
    stage.pbx.restart()
    call.wait_for(State.ENDED)


@scenario(ONE_PHONE_BRIEFLY, missed("no-answer", "timeout"), ours("outbound"))
def missed_and_called_back(stage: Stage) -> None:
    """A call rings out; the desk sees it and calls back a moment later."""
    desk = stage.desk("1001")
    stage.dial_in().wait_for(State.ENDED)
    stage.mobile(Answer())
    stage.talk(desk.call(OUTSIDE)).hang_up()
