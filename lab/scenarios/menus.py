"""Machines that answer: menus, announcements, voicemail, a conference room."""

from lab.phones import Answer, State
from lab.scenarios.dids import CLOSED, CONFERENCE, MENU, PHONE_THEN_VOICEMAIL, WRONG_NUMBER
from lab.scenarios.stage import Stage, answered, missed, refused, scenario
from lab.sounds import QUESTION


@scenario(MENU, missed("ivr-hangup", "in-menu"))
def menu_hung_up(stage: Stage) -> None:
    """The caller hangs up before choosing anything."""
    stage.dial_in().wait_for(State.TALKING).hang_up()


@scenario(MENU, missed("no-answer", "timeout"))
def menu_choice_rang_out(stage: Stage) -> None:
    """The caller chooses the front desk and nobody answers."""
    stage.desk()
    call = stage.dial_in().wait_for(State.TALKING)
    call.wait_to_hear(QUESTION)
    call.dial("1")
    call.wait_for(State.ENDED, timeout=8)


@scenario(MENU, answered())
def menu_choice_answered(stage: Stage) -> None:
    """The caller chooses the front desk and it answers."""
    desk = stage.desk(behaviour=Answer())
    call = stage.dial_in().wait_for(State.TALKING)
    call.wait_to_hear(QUESTION)
    call.dial("1")
    desk.next_call().wait_for(State.TALKING)
    stage.tap.wait_for_event("BridgeEnter", Context="menu")
    call.hang_up()


@scenario(MENU, missed("voicemail", "message-left"))
def menu_straight_to_voicemail(stage: Stage) -> None:
    """The caller chooses voicemail at once, without any phone having rung, and leaves a message."""
    call = stage.dial_in().wait_for(State.TALKING)
    call.play_tone(440)
    call.wait_to_hear(QUESTION)
    call.dial("2")
    stage.tap.wait_for_event("Newexten", Application="VoiceMail")
    call.stay(2.5)
    call.hang_up()


@scenario(PHONE_THEN_VOICEMAIL, missed("voicemail", "message-left"))
def voicemail_with_message(stage: Stage) -> None:
    """Nobody answers; the caller leaves a message."""
    stage.desk()
    call = stage.dial_in().wait_for(State.TALKING)
    call.play_tone(440)
    call.stay(2.5)
    call.hang_up()


@scenario(PHONE_THEN_VOICEMAIL, missed("voicemail", "no-message"))
def voicemail_without_message(stage: Stage) -> None:
    """Nobody answers; the caller hears voicemail and hangs up at once."""
    stage.desk()
    stage.dial_in().wait_for(State.TALKING).hang_up()


@scenario(CLOSED, missed("ivr-hangup", "in-menu"))
def closed_announcement(stage: Stage) -> None:
    """After hours: the caller hears that the clinic is closed, and the PBX hangs up."""
    stage.dial_in().wait_for(State.TALKING).wait_for(State.ENDED)


@scenario(CONFERENCE, missed("ivr-hangup", "in-menu"))
def alone_in_conference(stage: Stage) -> None:
    """The caller sits alone in a conference room; Asterisk counts two in it."""
    call = stage.dial_in().wait_for(State.TALKING)
    stage.tap.wait_for_event("ConfbridgeJoin")
    call.hang_up()


@scenario(WRONG_NUMBER, refused())
def wrong_number(stage: Stage) -> None:
    """A number that the clinic has not given to anyone: turned away before anything rings."""
    stage.dial_in().wait_for(State.ENDED)
