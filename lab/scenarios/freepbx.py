"""What a clinic's FreePBX does with its callers: the same ends as everywhere, by other ways."""

from lab.phones import BUSY, DECLINED, Answer, Line, Phone, Refuse, State
from lab.scenarios.freepbx_dids import (
    EXTENSION,
    EXTENSION_WITH_MAILBOX,
    FOLLOW_ME,
    IVR,
    QUEUE,
    QUEUE_NOBODY_SIGNED_IN,
    QUEUE_THEN_VOICEMAIL,
    QUEUE_UNREGISTERED,
    QUEUE_WITH_BREAK_OUT,
    RING_GROUP,
    RING_GROUP_CONFIRMED,
    TIME_CONDITION,
    UNKNOWN,
)
from lab.scenarios.stage import ANY, FREEPBX, MOBILE, Stage, answered, missed, ours, refused, scenario
from lab.sounds import MUSIC, QUESTION

OUTSIDE = f"9{MOBILE.removeprefix('+1')}"


def ask_the_mobile(stage: Stage) -> tuple[Line, Line]:
    """Call in and have the mobile pick up; it is now asked to press 1."""
    mobile = stage.mobile(Answer())
    call = stage.dial_in()
    asked = mobile.next_call().wait_for(State.TALKING)
    asked.wait_to_hear(QUESTION)
    return call, asked


def wait_with(stage: Stage, agent: Phone) -> Line:
    """Call in and wait until that phone rings."""
    call = stage.dial_in()
    agent.next_call().wait_for(State.RINGING)
    return call


@scenario(QUEUE, answered(), into=FREEPBX)
def fp_queue_answered(stage: Stage) -> None:
    """Two agents behind two Local channels each; the second answers."""
    stage.desk("1001")
    stage.desk("1002", Answer(after=0.5))
    stage.talk(stage.dial_in()).hang_up()


@scenario(QUEUE, missed("abandoned", "caller-cancel"), into=FREEPBX)
def fp_queue_abandoned(stage: Stage) -> None:
    """The caller, whom the queue has answered long ago, hangs up while agents ring."""
    call = wait_with(stage, stage.desk("1001"))
    call.hang_up()


@scenario(QUEUE, missed("abandoned", "caller-cancel"), into=FREEPBX)
def fp_queue_agents_decline(stage: Stage) -> None:
    """Both agents decline, the queue rings on, the caller gives up."""
    stage.desk("1001", Refuse(DECLINED))
    stage.desk("1002", Refuse(DECLINED))
    call = stage.dial_in().wait_for(State.TALKING)
    stage.tap.wait_for_events("Hangup", 2, Cause="21")
    call.hang_up()


@scenario(QUEUE_THEN_VOICEMAIL, missed("voicemail", "no-message"), into=FREEPBX)
def fp_queue_timeout_to_voicemail(stage: Stage) -> None:
    """The queue's time is up, its fail-over is a mailbox, and the caller says nothing."""
    stage.desk("1001")
    call = stage.dial_in().wait_for(State.TALKING)
    stage.tap.wait_for_event("Newexten", Application="VoiceMail")
    call.hang_up()


@scenario(QUEUE_WITH_BREAK_OUT, missed("abandoned", "exit-key"), into=FREEPBX)
def fp_queue_break_out_to_nothing(stage: Stage) -> None:
    """The caller presses 0, leaves the queue for its break-out menu, and is let go there."""
    call = wait_with(stage, stage.desk("1001"))
    call.wait_to_hear(MUSIC)
    call.dial("0")
    call.wait_for(State.ENDED)


@scenario(QUEUE_WITH_BREAK_OUT, answered(), into=FREEPBX)
def fp_queue_break_out_answered(stage: Stage) -> None:
    """The caller presses 1, leaves the queue for an extension, and somebody answers there."""
    other = stage.desk("1002")
    call = wait_with(stage, stage.desk("1001"))
    other.next_call().wait_for(State.RINGING)
    call.wait_to_hear(MUSIC)
    call.dial("1")
    other.next_call().wait_for(State.RINGING).answer()
    stage.talk(call).hang_up()


@scenario(QUEUE_NOBODY_SIGNED_IN, missed("abandoned", "not-joined"), into=FREEPBX)
def fp_queue_join_empty(stage: Stage) -> None:
    """Nobody has signed in, the caller is not let in, and no queue event tells."""
    stage.dial_in().wait_for(State.ENDED)


@scenario(QUEUE_UNREGISTERED, missed("abandoned", "caller-cancel"), into=FREEPBX)
def fp_queue_agents_unregistered(stage: Stage) -> None:
    """The agent's phone is not registered: no phone is ever dialled."""
    call = stage.dial_in().wait_for(State.TALKING)
    stage.tap.wait_for_event("Hangup", ChannelStateDesc="Down")
    call.hang_up()


@scenario(RING_GROUP, answered(), into=FREEPBX)
def fp_group_second_answers(stage: Stage) -> None:
    """A ring group; the second phone is picked up."""
    stage.desk("1001")
    stage.desk("1002", Answer(after=0.5))
    stage.talk(stage.dial_in()).hang_up()


@scenario(RING_GROUP, missed("no-answer", "timeout"), into=FREEPBX)
def fp_group_nobody(stage: Stage) -> None:
    """A ring group; nobody picks up."""
    stage.desk("1001")
    stage.desk("1002")
    stage.dial_in().wait_for(State.ENDED, timeout=8)


@scenario(RING_GROUP, missed("no-answer", "caller-cancel"), into=FREEPBX)
def fp_group_caller_gives_up(stage: Stage) -> None:
    """A ring group; the caller gives up."""
    stage.desk("1001")
    second = stage.desk("1002")
    call = stage.dial_in()
    second.next_call().wait_for(State.RINGING).stay(0.5)
    call.hang_up()


@scenario(RING_GROUP, missed("busy"), into=FREEPBX)
def fp_group_all_busy(stage: Stage) -> None:
    """A ring group; everyone is on another call."""
    stage.desk("1001", Refuse(BUSY))
    stage.desk("1002", Refuse(BUSY))
    stage.dial_in().wait_for(State.ENDED)


@scenario(RING_GROUP_CONFIRMED, answered(), into=FREEPBX)
def fp_group_confirmed(stage: Stage) -> None:
    """A ring group with confirmation; the mobile presses 1."""
    stage.desk("1001")
    call, asked = ask_the_mobile(stage)
    asked.dial("1")
    stage.talk(call).hang_up()


@scenario(RING_GROUP_CONFIRMED, missed("no-answer", ANY), into=FREEPBX)
def fp_group_unconfirmed(stage: Stage) -> None:
    """A ring group with confirmation; the mobile's owner presses 2, and nobody else takes the call."""
    stage.desk("1001")
    call, asked = ask_the_mobile(stage)
    asked.dial("2")
    call.wait_for(State.ENDED, timeout=12)


@scenario(FOLLOW_ME, answered(), into=FREEPBX)
def fp_follow_me_accepted(stage: Stage) -> None:
    """Follow-me, three Local pairs deep; the mobile presses 1."""
    stage.desk("1003")
    call, asked = ask_the_mobile(stage)
    asked.dial("1")
    stage.talk(call).hang_up()


@scenario(FOLLOW_ME, answered(), into=FREEPBX)
def fp_follow_me_desk_answers(stage: Stage) -> None:
    """Follow-me; the desk's own phone is picked up first."""
    stage.mobile()
    stage.desk("1003", Answer(after=0.5))
    stage.talk(stage.dial_in()).hang_up()


@scenario(FOLLOW_ME, missed("no-answer", ANY), into=FREEPBX)
def fp_follow_me_refused(stage: Stage) -> None:
    """Follow-me; the mobile's owner presses 2, the desk rings out."""
    stage.desk("1003")
    call, asked = ask_the_mobile(stage)
    asked.dial("2")
    call.wait_for(State.ENDED, timeout=12)


@scenario(FOLLOW_ME, missed("no-answer", ANY), into=FREEPBX)
def fp_follow_me_meets_voicemail(stage: Stage) -> None:
    """Follow-me; the mobile's own voicemail picks up and presses nothing."""
    stage.desk("1003")
    call, asked = ask_the_mobile(stage)
    asked.play_tone(440)
    call.wait_for(State.ENDED, timeout=12)


@scenario(FOLLOW_ME, missed("no-answer", ANY), into=FREEPBX)
def fp_follow_me_caller_leaves_before_key(stage: Stage) -> None:
    """Follow-me; the caller hangs up while the mobile is still being asked."""
    stage.desk("1003")
    call, asked = ask_the_mobile(stage)
    call.hang_up()
    asked.wait_for(State.ENDED, timeout=8)


@scenario(IVR, missed("ivr-hangup", "in-menu"), into=FREEPBX)
def fp_ivr_hung_up(stage: Stage) -> None:
    """The caller hangs up in the menu."""
    call = stage.dial_in().wait_for(State.TALKING)
    call.wait_to_hear(QUESTION)
    call.hang_up()


@scenario(IVR, missed("abandoned", "caller-cancel"), into=FREEPBX)
def fp_ivr_to_queue_abandoned(stage: Stage) -> None:
    """The caller chooses the queue and gives up there."""
    desk = stage.desk("1001")
    call = stage.dial_in().wait_for(State.TALKING)
    call.wait_to_hear(QUESTION)
    call.dial("2")
    desk.next_call().wait_for(State.RINGING)
    call.hang_up()


@scenario(QUEUE, missed("abandoned", "caller-cancel", caller=None), into=FREEPBX)
def fp_masked_number(stage: Stage) -> None:
    """The carrier vouches for a number that must not be shown; FreePBX makes it look allowed."""
    desk = stage.desk("1001")
    call = stage.caller(masked=True).call(QUEUE)
    desk.next_call().wait_for(State.RINGING)
    call.hang_up()


@scenario(EXTENSION, missed("no-answer", "timeout"), into=FREEPBX)
def fp_extension_rang_out(stage: Stage) -> None:
    """A direct number without a mailbox rings out."""
    stage.desk("1002")
    stage.dial_in().wait_for(State.ENDED, timeout=8)


@scenario(EXTENSION, missed("no-answer", "unavailable"), into=FREEPBX)
def fp_extension_unregistered(stage: Stage) -> None:
    """A direct number whose phone is not registered: nothing is dialled at all."""
    stage.dial_in().wait_for(State.ENDED)


@scenario(EXTENSION_WITH_MAILBOX, missed("voicemail", "message-left"), into=FREEPBX)
def fp_extension_message_left(stage: Stage) -> None:
    """A direct number rings out; the caller leaves a message."""
    stage.desk("1001")
    call = stage.dial_in().wait_for(State.TALKING)
    call.play_tone(440)
    stage.tap.wait_for_event("Newexten", Application="VoiceMail")
    call.stay(2.5)
    call.hang_up()


@scenario(EXTENSION_WITH_MAILBOX, missed("voicemail", "no-message"), into=FREEPBX)
def fp_extension_no_message(stage: Stage) -> None:
    """A direct number rings out; the caller hears the greeting and hangs up."""
    stage.desk("1001")
    stage.dial_in().wait_for(State.TALKING).hang_up()


@scenario(TIME_CONDITION, answered(), into=FREEPBX)
def fp_time_condition_open(stage: Stage) -> None:
    """A time condition sends the call to the ring group, which answers."""
    stage.desk("1001", Answer(after=0.3))
    stage.talk(stage.dial_in()).hang_up()


@scenario(UNKNOWN, refused(), into=FREEPBX)
def fp_unknown_number(stage: Stage) -> None:
    """A number that no route knows: FreePBX lets it go before anything rings."""
    stage.dial_in().wait_for(State.ENDED)


@scenario(RING_GROUP, answered(), ours("internal"), into=FREEPBX)
def fp_picked_up(stage: Stage) -> None:
    """A phone of the group rings; a colleague takes the call from a phone that does not (*8)."""
    desk = stage.desk("1001")
    colleague = stage.desk("1003")
    call = stage.dial_in()
    desk.next_call().wait_for(State.RINGING)
    colleague.call("*8").wait_for(State.TALKING)
    stage.talk(call).hang_up()


@scenario(QUEUE, ours("outbound"), into=FREEPBX)
def fp_outbound(stage: Stage) -> None:
    """A desk calls out: the trunk's leg carries the trunk's inbound context."""
    stage.mobile(Answer())
    stage.talk(stage.desk("1001").call(OUTSIDE)).hang_up()


@scenario(QUEUE, ours("internal"), into=FREEPBX)
def fp_internal(stage: Stage) -> None:
    """One desk calls another."""
    stage.desk("1002", Answer())
    stage.talk(stage.desk("1001").call("1002")).hang_up()
