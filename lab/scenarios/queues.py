"""Callers who wait in a queue."""

from lab.phones import BUSY, DECLINED, Answer, Line, Phone, Refuse, Ring, State
from lab.scenarios.dids import (
    QUEUE,
    QUEUE_AFTER_ANSWER,
    QUEUE_ANNOUNCED,
    QUEUE_DRAINING,
    QUEUE_EMPTY,
    QUEUE_OF_LOCALS,
    QUEUE_OF_MAILBOXES,
    QUEUE_OF_ONE_PLACE,
    QUEUE_OF_TWO_AGENTS,
    QUEUE_THEN_NOTHING,
    QUEUE_THEN_PHONE,
    QUEUE_THEN_VOICEMAIL,
    QUEUE_WITH_KEYS,
)
from lab.scenarios.stage import SECOND_CALLER, Stage, answered, missed, scenario
from lab.sounds import MUSIC


def wait_in_queue(stage: Stage, agent: Phone) -> Line:
    """Call the queue and wait until its agent's phone rings."""
    call = stage.dial_in()
    agent.next_call().wait_for(State.RINGING)
    return call


@scenario(QUEUE, answered())
def queue_answered(stage: Stage) -> None:
    """An agent of the queue answers."""
    stage.desk(behaviour=Answer(after=0.5))
    stage.talk(stage.dial_in()).hang_up()


@scenario(QUEUE, answered())
def queue_agent_hangs_up_first(stage: Stage) -> None:
    """An agent of the queue answers, and ends the call."""
    agent = stage.desk(behaviour=Answer())
    call = stage.talk(stage.dial_in())
    agent.next_call().hang_up()
    call.wait_for(State.ENDED)


@scenario(QUEUE, missed("abandoned", "caller-cancel"))
def queue_abandoned(stage: Stage) -> None:
    """The caller hangs up while the agent's phone rings."""
    call = wait_in_queue(stage, stage.desk())
    call.hang_up()


@scenario(QUEUE_THEN_NOTHING, missed("abandoned", "timeout"))
def queue_timeout_then_hangup(stage: Stage) -> None:
    """The queue's time is up and the dialplan hangs up on the caller."""
    stage.desk()
    stage.dial_in().wait_for(State.ENDED, timeout=8)


@scenario(QUEUE_THEN_PHONE, answered())
def queue_timeout_then_answered(stage: Stage) -> None:
    """The queue's time is up; the phone that rings next is answered."""
    stage.desk()
    stage.desk("1002", Answer())
    call = stage.dial_in().wait_for(State.TALKING, timeout=8)
    stage.talk(call).hang_up()


@scenario(QUEUE_THEN_VOICEMAIL, missed("voicemail", "no-message"))
def queue_timeout_then_voicemail(stage: Stage) -> None:
    """The queue's time is up; voicemail takes over and the caller says nothing."""
    stage.desk()
    stage.dial_in().wait_for(State.TALKING, timeout=8).hang_up()


@scenario(QUEUE_EMPTY, missed("abandoned", "not-joined"))
def queue_join_empty(stage: Stage) -> None:
    """Nobody is signed in to the queue: the caller is not let in. No queue event tells."""
    stage.dial_in().wait_for(State.ENDED)


@scenario(QUEUE_DRAINING, missed("abandoned", "leave-empty"))
def queue_leave_when_empty(stage: Stage) -> None:
    """The last agent takes a break while the caller waits, and the queue puts the caller out."""
    call = wait_in_queue(stage, stage.desk())
    stage.pbx.cli("queue pause member PJSIP/1001 queue draining")
    call.wait_for(State.ENDED, timeout=8)
    stage.pbx.cli("queue unpause member PJSIP/1001 queue draining")


@scenario(QUEUE_WITH_KEYS, missed("abandoned", "exit-key"))
def queue_exit_key(stage: Stage) -> None:
    """The caller presses 0 to leave the queue, and the dialplan has nothing more to offer."""
    call = wait_in_queue(stage, stage.desk())
    call.wait_to_hear(MUSIC)
    call.dial("0")
    call.wait_for(State.ENDED)


@scenario(QUEUE_WITH_KEYS, answered())
def queue_exit_key_then_answered(stage: Stage) -> None:
    """The caller presses 2 to leave the queue for another phone, which answers."""
    other = stage.desk("1002", Answer())
    call = wait_in_queue(stage, stage.desk())
    call.wait_to_hear(MUSIC)
    call.dial("2")
    other.next_call().wait_for(State.TALKING)
    stage.tap.wait_for_event("BridgeEnter", Context="queue-keys")
    call.hang_up()


@scenario(
    QUEUE_OF_ONE_PLACE,
    missed("abandoned", "not-joined", caller=SECOND_CALLER),
    missed("abandoned", "caller-cancel"),
)
def queue_full(stage: Stage) -> None:
    """One caller waits; the queue has no place for the second."""
    waiting = wait_in_queue(stage, stage.desk())
    stage.dial_in(caller=SECOND_CALLER).wait_for(State.ENDED)
    waiting.hang_up()


@scenario(QUEUE_OF_TWO_AGENTS, answered())
def queue_second_agent_answers(stage: Stage) -> None:
    """The first agent declines the call, the second answers."""
    stage.desk("1001", Refuse(DECLINED))
    stage.desk("1002", Answer(after=0.3))
    call = stage.dial_in().wait_for(State.TALKING, timeout=8)
    stage.talk(call).hang_up()


@scenario(QUEUE_OF_LOCALS, answered())
def queue_local_members_answered(stage: Stage) -> None:
    """The queue's members are Local channels, as FreePBX makes them; one answers."""
    stage.desk("1001")
    stage.desk("1002", Answer(after=0.5))
    stage.talk(stage.dial_in()).hang_up()


@scenario(QUEUE_OF_LOCALS, missed("abandoned", "caller-cancel"))
def queue_local_members_abandoned(stage: Stage) -> None:
    """The queue's members are Local channels; the caller gives up while they ring."""
    stage.desk("1002")
    call = wait_in_queue(stage, stage.desk("1001"))
    call.hang_up()


@scenario(QUEUE_OF_MAILBOXES, missed("voicemail", "no-message"))
def queue_member_is_voicemail(stage: Stage) -> None:
    """The queue's member forwards to voicemail: AgentConnect and a bridge, and no person."""
    stage.talk(stage.dial_in(), people=1).hang_up()


@scenario(QUEUE, missed("abandoned", "all-busy"))
def queue_busy_until_abandoned(stage: Stage) -> None:
    """The only agent is busy round after round until the caller gives up."""
    stage.desk(behaviour=Refuse(BUSY))
    call = stage.dial_in()
    stage.tap.wait_for_events("Hangup", 2, Cause="17")
    call.hang_up()


@scenario(QUEUE_AFTER_ANSWER, missed("abandoned", "caller-cancel"))
def queue_abandoned_after_greeting(stage: Stage) -> None:
    """The PBX itself answered with a greeting; the caller still never got a person."""
    desk = stage.desk()
    call = stage.dial_in().wait_for(State.TALKING)
    desk.next_call().wait_for(State.RINGING)
    call.hang_up()


@scenario(QUEUE_ANNOUNCED, answered())
def queue_announced_and_answered(stage: Stage) -> None:
    """The agent hears an announcement first, then the caller."""
    stage.desk(behaviour=Answer())
    stage.talk(stage.dial_in()).hang_up()


@scenario(QUEUE_ANNOUNCED, missed("abandoned", "caller-cancel"))
def queue_agent_leaves_in_announcement(stage: Stage) -> None:
    """The agent hangs up during the announcement; the caller waits on and gives up."""
    agent = stage.desk(behaviour=Answer())
    call = stage.dial_in()
    agent.next_call().wait_for(State.TALKING).hang_up()
    agent.when_called = Ring()
    agent.next_call().wait_for(State.RINGING)
    call.hang_up()


@scenario(QUEUE_ANNOUNCED, missed("abandoned", "caller-cancel"))
def queue_caller_leaves_in_announcement(stage: Stage) -> None:
    """The caller hangs up while the agent, who has answered, still hears the announcement."""
    agent = stage.desk(behaviour=Answer())
    call = stage.dial_in()
    listening = agent.next_call().wait_for(State.TALKING)
    call.hang_up()
    listening.wait_for(State.ENDED)
