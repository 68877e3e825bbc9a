"""Ring groups, hunts, Local channels, pickup and follow-me: more than one leg for one caller."""

from lab.phones import BUSY, Answer, Refuse, State
from lab.scenarios.dids import (
    FOLLOW_ME,
    FORKED_LOCALS,
    HUNT,
    LOCAL_CHAIN,
    LOCAL_ROBOT,
    LOCAL_VOICEMAIL,
    ONE_PHONE,
    OPTIMISED_LOCAL,
    RING_GROUP,
)
from lab.scenarios.stage import ANY, Stage, answered, missed, ours, scenario
from lab.sounds import QUESTION


@scenario(RING_GROUP, answered())
def group_second_answers(stage: Stage) -> None:
    """Two phones ring, the second is picked up; the first is not a missed call."""
    stage.desk("1001")
    second = stage.desk("1002", Answer(after=0.5))
    call = stage.dial_in()
    second.next_call().wait_for(State.TALKING)
    stage.talk(call).hang_up()


@scenario(RING_GROUP, missed("no-answer", "caller-cancel"))
def group_caller_gives_up(stage: Stage) -> None:
    """Two phones ring, the caller gives up."""
    stage.desk("1001")
    second = stage.desk("1002")
    call = stage.dial_in()
    second.next_call().wait_for(State.RINGING).stay(0.5)
    call.hang_up()


@scenario(RING_GROUP, missed("no-answer", "timeout"))
def group_nobody(stage: Stage) -> None:
    """Two phones ring out."""
    stage.desk("1001")
    stage.desk("1002")
    stage.dial_in().wait_for(State.ENDED)


@scenario(RING_GROUP, missed("busy"))
def group_all_busy(stage: Stage) -> None:
    """Both phones of the group are busy."""
    stage.desk("1001", Refuse(BUSY))
    stage.desk("1002", Refuse(BUSY))
    stage.dial_in().wait_for(State.ENDED)


@scenario(RING_GROUP, missed("no-answer", "timeout"))
def group_one_busy_one_silent(stage: Stage) -> None:
    """One phone of the group is busy, the other rings out: that is not a busy clinic."""
    stage.desk("1001", Refuse(BUSY))
    stage.desk("1002")
    stage.dial_in().wait_for(State.ENDED)


@scenario(HUNT, answered())
def hunt_third_answers(stage: Stage) -> None:
    """The first phone rings out, the second is busy, the third answers."""
    stage.desk("1001")
    stage.desk("1002", Refuse(BUSY))
    stage.desk("1003", Answer(after=0.3))
    stage.talk(stage.dial_in()).hang_up()


@scenario(HUNT, missed("no-answer", "caller-cancel"))
def hunt_caller_gives_up(stage: Stage) -> None:
    """The first phone rings out, the second is busy, the caller gives up while the third rings."""
    stage.desk("1001")
    stage.desk("1002", Refuse(BUSY))
    third = stage.desk("1003")
    call = stage.dial_in()
    third.next_call().wait_for(State.RINGING)
    call.hang_up()


@scenario(FORKED_LOCALS, answered())
def forked_locals_answered(stage: Stage) -> None:
    """Two extensions are rung through Local channels; one answers."""
    stage.desk("1001")
    stage.desk("1002", Answer(after=0.5))
    stage.talk(stage.dial_in()).hang_up()


@scenario(FORKED_LOCALS, missed("no-answer", "timeout"))
def forked_locals_nobody(stage: Stage) -> None:
    """Two extensions are rung through Local channels; nobody answers."""
    stage.desk("1001")
    stage.desk("1002")
    stage.dial_in().wait_for(State.ENDED, timeout=8)


@scenario(FORKED_LOCALS, missed("no-answer", "caller-cancel"))
def forked_locals_caller_gives_up(stage: Stage) -> None:
    """Two extensions are rung through Local channels; the caller gives up."""
    stage.desk("1001")
    second = stage.desk("1002")
    call = stage.dial_in()
    second.next_call().wait_for(State.RINGING).stay(0.5)
    call.hang_up()


@scenario(LOCAL_CHAIN, answered())
def local_chain_answered(stage: Stage) -> None:
    """The call runs through three Local channels before a phone rings and answers."""
    stage.desk("1001", Answer(after=0.3))
    stage.talk(stage.dial_in()).hang_up()


@scenario(OPTIMISED_LOCAL, answered())
def optimised_local_answered(stage: Stage) -> None:
    """A Local channel that Asterisk takes out of the way once sound flows."""
    desk = stage.desk("1001", Answer())
    call = stage.talk(stage.dial_in())
    talking = desk.next_call()
    call.play_tone(440)
    talking.play_tone(440)
    stage.tap.wait_for_event("LocalOptimizationEnd")
    call.hang_up()


@scenario(LOCAL_VOICEMAIL, missed("voicemail", "no-message"))
def local_leg_is_voicemail(stage: Stage) -> None:
    """The dialled Local leg runs VoiceMail: answered on the wire, by a machine."""
    stage.talk(stage.dial_in(), people=1).hang_up()


@scenario(LOCAL_ROBOT, missed("no-answer", "unconfirmed"))
def local_leg_answers_by_itself(stage: Stage) -> None:
    """The dialled Local leg answers without any phone behind it, and the phone stops ringing."""
    stage.desk("1001")
    stage.dial_in().wait_for(State.TALKING).wait_for(State.ENDED)


@scenario(ONE_PHONE, answered(), ours("internal"))
def colleague_picks_up(stage: Stage) -> None:
    """The desk's phone rings; a colleague takes the call from another phone (*8)."""
    desk = stage.desk("1001")
    colleague = stage.desk("1002")
    call = stage.dial_in()
    desk.next_call().wait_for(State.RINGING)
    colleague.call("*8").wait_for(State.TALKING)
    stage.talk(call).hang_up()


@scenario(FOLLOW_ME, answered())
def follow_me_accepted(stage: Stage) -> None:
    """Follow-me rings two phones; one answers and presses 1."""
    desk = stage.desk("1001", Answer())
    stage.desk("1002")
    call = stage.dial_in()
    taken = desk.next_call().wait_for(State.TALKING)
    taken.wait_to_hear(QUESTION)
    taken.dial("1")
    call.wait_for(State.TALKING)
    stage.tap.wait_for_event("BridgeEnter", Context="from-trunk")
    call.hang_up()


@scenario(FOLLOW_ME, missed("no-answer", "unconfirmed"))
def follow_me_declined(stage: Stage) -> None:
    """Follow-me rings two phones; one answers and presses 2: no, thanks."""
    desk = stage.desk("1001", Answer())
    stage.desk("1002")
    call = stage.dial_in()
    taken = desk.next_call().wait_for(State.TALKING)
    taken.wait_to_hear(QUESTION)
    taken.dial("2")
    call.wait_for(State.ENDED, timeout=12)


@scenario(FOLLOW_ME, missed("no-answer", ANY))
def follow_me_nobody(stage: Stage) -> None:
    """Follow-me rings two phones; nobody answers. FollowMe never says how its own dials ended."""
    stage.desk("1001")
    stage.desk("1002")
    stage.dial_in().wait_for(State.ENDED, timeout=12)
