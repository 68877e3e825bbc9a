"""What the PBX itself says: it is asked by the manager interface, and called by its own dialplan.

The calls go from a Local channel into our context `secondring-doctor` and back: no phone rings, no call
record is written. The listener's own account watches them, and what it hears of them proves three
things at once: that events arrive, that the filter drops what nobody needs, and how each call ended.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta

from ami_listener.beats import beat_in
from ami_listener.messages import Message
from ami_listener.probe import Probe
from ami_listener.session import AmiAccount
from dialplan.doctor import CONTEXT
from secondring.doctor.findings import Finding, Named, bad, split_remedy, unseen, well
from secondring.domain.beats import Beat
from secondring.domain.errors import LoginRefused, PeerError
from secondring.domain.twins import EVERY

CALL_SECONDS = 6.0
"""A script is waited for 1.5 s, the call's own end takes 1 s more."""
QUIET_SECONDS = 0.3
BEATS_SECONDS = EVERY + 1
SEEN = "`secondring install --reload` writes the account with `user` in read and write"
MOST_SKEW = timedelta(seconds=2)
"""Half of what the settle time allows before a caller who is back on the line gets a text."""
TOO_MUCH = ("Originate", "Redirect", "Hangup", "Command", "UpdateConfig", "Reload")
"""Actions that the listener's account must not have; `write = reporting,user` has none of them."""
INSTALL = "`secondring install`, then: asterisk -rx 'dialplan reload'"

UNKNOWN_COMMAND = "No such command"
"""What Asterisk says, and ends with 0, where no module that is loaded has the command."""
ONE_WAY = "Debian's package can silence one side of a call that it transcodes"
RENEW = "`secondring install --reload` writes the account with the secret in ami_dial.secret_file; then restart us"
ELSEWHERE = "run this as root on the PBX itself; --asterisk-conf and --asterisk say where its files and its program are"

Place = Callable[[str], Awaitable[str]]
"""Makes a call to an extension of our context; gives what went wrong, or nothing."""

Question = tuple[str, str, str, str]
"""What is asked by calling: name, extension, what it proves, what mends it."""
FIRST: Question = ("dialplan loaded", "here", "the context secondring-doctor answers", INSTALL)
SERVED: Question = (
    "FastAGI from Asterisk",
    "agi",
    "a script was asked by Asterisk and answered",
    "systemctl status 'secondring*'; agi.listen must be an address that Asterisk's machine reaches",
)
OFFERED: Question = (
    "test call",
    "call",
    "the offer picked up a real call",
    "see what is red above; then `asterisk -rvvv` while you run this again",
)


async def examine_pbx(
    account: AmiAccount,
    place: Place | None,
    clock: Callable[[], datetime],
    entries: Sequence[str],
    *,
    offered: bool = True,
) -> AsyncIterator[Named]:
    """Everything that the PBX can tell, in order; one login for all of it.

    `entries` are the extensions that our dialplan has for administrators to choose; `offered` is False where
    callers are offered nothing, in shadow mode.
    """
    try:
        async with Probe(account) as probe:
            yield Named("AMI login", well(f"{account.user} at {account.where}"))
            yield Named("Asterisk", await _build(probe))
            yield Named("AMI rights", await _rights(probe))
            yield Named("clock", await _clock(probe, clock))
            began = asyncio.get_running_loop().time()
            async for named in _calls(probe, place, _questions(entries, offered=offered)):
                yield named
            if not offered:
                yield Named(OFFERED[0], unseen("shadow mode: callers are offered nothing"))
            heard_for = asyncio.get_running_loop().time() - began
            wait = max(0.0, BEATS_SECONDS - heard_for)
            yield Named("alone on the PBX", await _company(probe, wait, in_shadow=not offered))
    except PeerError as error:
        what, remedy = split_remedy(error)
        yield Named("AMI login", bad(what, remedy))


async def examine_dialling(account: AmiAccount) -> Named:
    """The account that may place calls, when there is one."""
    try:
        async with Probe(account) as probe:
            may = (await probe.action({"Action": "ListCommands"})).response
            if not may.has("Originate"):
                return Named("AMI dialling", bad(f"{account.user} may not originate", RENEW))
            return Named("AMI dialling", well(f"{account.user} may originate"))
    except PeerError as error:
        if not isinstance(error, LoginRefused):  # it is about the PBX and no account of it
            return Named(
                "AMI dialling", unseen("not looked at, because the PBX is not there", "see `AMI login`")
            )
        what, _ = split_remedy(error)
        return Named("AMI dialling", bad(f"{what}: no nurse can be rung", RENEW))


async def _build(probe: Probe) -> Finding:
    """Which Asterisk it is. `dfsg` marks Debian's own package, and Ubuntu's."""
    version = (await probe.action({"Action": "CoreSettings"})).response.get("AsteriskVersion")
    if not version:
        return unseen("the PBX does not tell its version")
    if "dfsg" in version:
        return unseen(f"{version}: {ONE_WAY}", 'docs/urgent.md, "One side hears nothing"')
    return well(version)


async def _rights(probe: Probe) -> Finding:
    booted = await probe.wait_for(lambda event: event.name == "FullyBooted", 2)
    if booted is None:
        return bad(
            "FullyBooted did not arrive after the login",
            "give the account read = system,call,agent,dialplan,user and our event filter: `secondring install`",
        )
    if not (await probe.action({"Action": "CoreShowChannels"})).ok:
        return bad("the account may not list channels", "write = reporting,user: `secondring install`")
    may = (await probe.action({"Action": "ListCommands"})).response
    surplus = [name for name in TOO_MUCH if may.has(name)]
    if surplus:
        return bad(
            f"the account may do more than it needs: {', '.join(surplus)}",
            "write = reporting,user and nothing else: `secondring install`",
        )
    return well("it hears of the PBX, lists channels, and can touch no call")


async def _company(probe: Probe, seconds: float, *, in_shadow: bool = False) -> Finding:
    """Who listens to this PBX: we only hear them, and say nothing that would stand anybody down."""
    may = (await probe.action({"Action": "ListCommands"})).response
    await probe.wait_for(lambda _: len(_beats(probe)) > 1, seconds)
    beats = _beats(probe)
    if len(beats) > 1:
        named = "; ".join(
            f"{beat.host} ({beat.role.value} since {beat.since:%d %b %H:%M} UTC)" for beat in beats
        )
        return bad(
            f"{len(beats)} services listen to this PBX: {named}",
            "stop all but one: systemctl disable --now secondring, on the machines that should not",
        )
    if not may.has("UserEvent"):
        return unseen(
            "the account may not send a UserEvent: a second service on this PBX would not be seen", SEEN
        )
    if not beats and in_shadow:
        return unseen("shadow mode: a service says nothing of itself, and nobody is texted")
    if not beats:
        return unseen(
            "no service was heard here; where one runs, its account lacks `user` in read or write", SEEN
        )
    return well(f"one service listens to this PBX, on {beats[0].host}")


def _beats(probe: Probe) -> list[Beat]:
    """The last beat of each service."""
    heard = {beat.run: beat for event in probe.events if (beat := beat_in(event)) is not None}
    return list(heard.values())


async def _clock(probe: Probe, clock: Callable[[], datetime]) -> Finding:
    """The PBX stamps its answer to a Ping."""
    theirs = (await probe.action({"Action": "Ping"})).response.timestamp
    if theirs is None:
        return unseen("the PBX does not tell its time")
    skew = abs(clock() - theirs)
    said = f"{skew.total_seconds():.1f} s between the PBX and us"
    if skew > MOST_SKEW:
        return bad(said, "let both machines keep time by NTP: timedatectl set-ntp true")
    return well(said)


# ---------------------------------------------------------------- calls


def _questions(entries: Sequence[str], *, offered: bool) -> list[Question]:
    loaded = [(f"entry secondring,{entry},1", entry, "it is loaded", INSTALL) for entry in entries]
    return [FIRST, *loaded, SERVED, *([OFFERED] if offered else [])]


async def _calls(probe: Probe, place: Place | None, questions: list[Question]) -> AsyncIterator[Named]:
    if place is None:
        for name in ("events arrive", "event filter", *(question[0] for question in questions)):
            yield Named(name, unseen("needs a test call", ELSEWHERE))
        return
    first, *others = questions
    trouble = await place(first[1])
    if trouble:
        yield Named(first[0], _not_placed(trouble, first[3]))
        for name in ("events arrive", "event filter", *(question[0] for question in others)):
            yield Named(name, unseen(f"not looked at, because there was no test call: see `{first[0]}`"))
        return
    here = await _answered(probe, first, known=set())
    arrival = _arrival(probe, here)
    yield Named("events arrive", arrival)
    if not arrival.ok:
        for name in (first[0], "event filter", *(question[0] for question in others)):
            yield Named(name, unseen("not looked at, because `events arrive` fails"))
        return
    yield Named(first[0], here)
    yield Named("event filter", await _filter(probe))
    for question in others:
        if here.ok:
            yield Named(question[0], await _ask(probe, place, question))
        else:
            yield Named(question[0], unseen(f"not looked at, because `{first[0]}` fails"))


def _not_placed(trouble: str, remedy: str) -> Finding:
    what = f"no test call could be placed ({trouble})"
    if trouble.startswith(UNKNOWN_COMMAND):
        return bad(what, "asterisk -rx 'module load res_clioriginate.so'; for good: load it in modules.conf")
    return bad(what, f"{remedy}. Where it is loaded already: run this as root on the PBX")


async def _ask(probe: Probe, place: Place, question: Question) -> Finding:
    known = {event.get("Uniqueid") for event in probe.events}
    trouble = await place(question[1])
    if trouble:
        return bad(f"no call could be placed ({trouble})", "run this as root on the PBX")
    return await _answered(probe, question, known)


async def _answered(probe: Probe, question: Question, known: Collection[str]) -> Finding:
    """Whether a call that was just placed was picked up. `known` are the channels that were there before it."""
    _, exten, proves, remedy = question

    def begins(event: Message) -> bool:
        """The near half of the call just made; calls of an earlier visit may not be over yet."""
        channel = event.get("Channel")
        ours = channel.startswith(f"Local/{exten}@{CONTEXT}") and channel.endswith(";1")
        return ours and event.name == "Newchannel" and event.get("Uniqueid") not in known

    call = await probe.wait_for(begins, CALL_SECONDS)
    if call is None:
        return bad("the call was not heard of", "see `events arrive`")
    ended = await probe.wait_for(lambda event: _tells(event, call.get("Uniqueid")), CALL_SECONDS)
    if ended is None or ended.name == "Hangup":
        return bad(f"{exten}@{CONTEXT} did not answer", remedy)
    return well(proves)


def _tells(event: Message, leg: str) -> bool:
    """That channel is up, or over."""
    is_up = event.name == "Newstate" and event.get("ChannelStateDesc") == "Up"
    return event.get("Uniqueid") == leg and (is_up or event.name == "Hangup")


def _arrival(probe: Probe, here: Finding) -> Finding:
    heard = [event for event in probe.events if f"@{CONTEXT}" in event.get("Channel")]
    if not heard:
        return bad(
            f"nothing was heard of a test call ({here.evidence})",
            "read = system,call,agent,dialplan,user and our event filter in the account: `secondring install`,"
            " then: asterisk -rx 'manager reload'",
        )
    return well(f"{len(heard)} events of a test call, among them {heard[0].name}")


async def _filter(probe: Probe) -> Finding:
    """Answer() and Wait() raise Newexten, which nobody needs unless it is VoiceMail."""
    await probe.wait_for(lambda event: event.name == "Hangup", CALL_SECONDS)
    await asyncio.sleep(QUIET_SECONDS)
    needless = [event for event in probe.events if event.name == "Newexten" and not _is_voicemail(event)]
    if needless:
        return bad(
            f"{len(needless)} events arrived that nobody needs (Newexten {needless[0].get('Application')})",
            "put our eventfilter lines back: `secondring install`, then: asterisk -rx 'manager reload'",
        )
    if not any(event.name == "Newchannel" for event in probe.events):
        return bad(
            "Newchannel does not get through",
            "put our eventfilter lines back: `secondring install`, then: asterisk -rx 'manager reload'",
        )
    return well("calls come through, the dialplan's chatter does not")


def _is_voicemail(event: Message) -> bool:
    return event.get("Application").lower() == "voicemail"


# ---------------------------------------------------------------- who places the calls


def by_command(asterisk: Sequence[str]) -> Place:
    """Calls placed by `asterisk -rx`: it takes root on the PBX, and no AMI right at all."""

    async def place(exten: str) -> str:
        words = f"channel originate Local/{exten}@{CONTEXT}/n extension listen@{CONTEXT}"
        return await asyncio.to_thread(_run, [*asterisk, "-rx", words])

    return place


def by_account(account: AmiAccount) -> Place:
    """Calls placed by the account that may."""

    async def place(exten: str) -> str:
        with contextlib.suppress(PeerError):
            async with Probe(account) as probe:
                reply = await probe.action(
                    {
                        "Action": "Originate",
                        "Channel": f"Local/{exten}@{CONTEXT}/n",
                        "Context": CONTEXT,
                        "Exten": "listen",
                        "Priority": "1",
                        "Async": "true",
                    }
                )
                return "" if reply.ok else reply.why
        return "the account that places calls cannot log in"

    return place


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CALL_SECONDS)  # noqa: S603 - our own words, no shell
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr or done.stdout).strip()
    return said if done.returncode or said.startswith(UNKNOWN_COMMAND) else ""
