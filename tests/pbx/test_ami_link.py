"""The link and its account against a real Asterisk: what the fake manager claims has to be true here too."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ami_listener import AmiAccount, AmiLink, Timing
from dialplan.render import render_manager
from lab.pbx import Pbx
from secondring.domain.errors import LoginRefused
from secondring.domain.facts import (
    AppStarted,
    ChannelStarted,
    Fact,
    HungUp,
    LinkLost,
    PbxBooted,
    PbxStopping,
    StockTaken,
    VariableSet,
)

SECRET = "the-secret-of-the-listener"
PATIENCE = 20.0
TIMING = Timing(first_pause=0.05, longest_pause=0.2)
CONTEXT = """
[listener-test]
exten => say,1,Answer()
 same => n,Set(__FROM_DID=2025550100)
 same => n,Set(_CALLINGNUMPRES_SV=prohib_passed_screen)
 same => n,Set(UNWANTED=QUEUESTATUS)
 same => n,VoiceMail(1001@clinic,s)
 same => n,Hangup()
exten => wait,1,Answer()
 same => n,Wait(60)
exten => ring,1,Dial(Local/say@listener-test&Local/nobody@listener-test/n,5)
 same => n,Queue(no-such-queue)
 same => n,Hangup()
"""


class Ear:
    """A link that runs, and what it told."""

    def __init__(self, account: AmiAccount) -> None:
        self.link = AmiLink(account, clock=lambda: datetime.now(UTC), timing=TIMING)
        self.facts: list[Fact] = []

    async def hear(self, facts: list[Fact]) -> None:
        self.facts += facts

    def count(self, kind: type[Fact]) -> int:
        return sum(isinstance(fact, kind) for fact in self.facts)

    async def told(self, kind: type[Fact], times: int = 1) -> None:
        await happens(lambda: self.count(kind) >= times, f"{times} x {kind.__name__}, heard {self.kinds()}")

    def kinds(self) -> list[str]:
        return [type(fact).__name__ for fact in self.facts]


async def happens(condition: Callable[[], bool], what: str) -> None:
    for _ in range(int(PATIENCE / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"waited {PATIENCE:g} s for {what}")


@asynccontextmanager
async def listening(account: AmiAccount) -> AsyncIterator[Ear]:
    ear = Ear(account)
    running = asyncio.create_task(ear.link.run(ear.hear))
    try:
        await ear.told(PbxBooted)
        yield ear
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def account_of(pbx: Pbx, user: str, secret: str) -> AmiAccount:
    return AmiAccount(host=pbx.ami_host, port=pbx.ami_port, user=user, secret=secret)


def warnings(pbx: Pbx) -> list[str]:
    return [line for line in pbx.log_tail(100_000).splitlines() if "WARNING" in line or "ERROR" in line]


FORMS = {"named": "22.10.1", "regex": "18.9.0"}


@pytest.fixture(params=FORMS)
def account(pbx: Pbx, request: pytest.FixtureRequest) -> Iterator[AmiAccount]:
    """The account that we render, loaded by Asterisk without complaint, in both forms of its filter."""
    if request.param == "named" and not pbx.event_filter:
        pytest.skip("this Asterisk knows only the other form")
    user = f"listener-{request.param}"
    before = warnings(pbx)
    files = [
        pbx.add_config("extensions", CONTEXT, name="listener-test"),
        pbx.add_config("manager", render_manager(user, SECRET, FORMS[request.param]), name=user),
    ]
    pbx.cli("dialplan reload")
    pbx.reload("manager")
    assert user in pbx.cli("manager show users")
    assert warnings(pbx) == before
    yield account_of(pbx, user, SECRET)
    for file in files:
        file.unlink()
    pbx.reload("manager")
    pbx.cli("dialplan reload")


def ring(pbx: Pbx, exten: str) -> None:
    pbx.cli(f"channel originate Local/{exten}@listener-test application Wait 20")


def hang_up_all(pbx: Pbx) -> None:
    pbx.cli("channel request hangup all")


async def test_the_login_is_followed_by_boot_and_stock(pbx: Pbx, account: AmiAccount) -> None:
    ring(pbx, "wait")
    await happens(lambda: pbx.cli("core show channels concise").count("!Wait!") == 2, "both legs to wait")
    async with listening(account) as ear:
        await ear.told(StockTaken)
        assert ear.kinds()[:2] == ["PbxBooted", "StockTaken"]
        (taken,) = [fact for fact in ear.facts if isinstance(fact, StockTaken)]
        waiting = {live.leg.channel.rpartition(";")[2]: live for live in taken.legs}
        assert waiting["2"].app == "Wait"
        assert waiting["2"].leg.context == "listener-test"
        assert waiting["1"].leg.linkedid == waiting["2"].leg.linkedid
        hang_up_all(pbx)
        await ear.told(HungUp, 2)
        (booted,) = [fact for fact in ear.facts if isinstance(fact, PbxBooted)]
        assert booted.uptime is not None
        assert all(a.at <= b.at for a, b in pairwise(ear.facts[2:]))
    assert ear.link.stats.unreadable == {}


async def test_the_filter_passes_all_that_we_read_and_nothing_else(pbx: Pbx, account: AmiAccount) -> None:
    recorder = account_of(pbx, "recorder", pbx.secrets["recorder"])
    async with listening(recorder) as whole, listening(account) as filtered:
        await filtered.told(StockTaken)
        heard = filtered.link.stats.messages - filtered.link.stats.facts
        ring(pbx, "say")
        ring(pbx, "ring")
        for ear in (whole, filtered):
            await ear.told(AppStarted, 2)
            await ear.told(VariableSet, 4)
        hang_up_all(pbx)
        await happens(lambda: whole.count(HungUp) >= whole.count(ChannelStarted) > 0, "every leg to end")
        await happens(lambda: pbx.channels() == 0, "an empty PBX")
        wanted = [repr(fact) for fact in whole.facts if not isinstance(fact, PbxBooted)]
        got = [repr(fact) for fact in filtered.facts if not isinstance(fact, PbxBooted | StockTaken)]
        await happens(lambda: len(filtered.facts) >= len(wanted), f"{len(wanted)} facts")
        got = [repr(fact) for fact in filtered.facts if not isinstance(fact, PbxBooted | StockTaken)]
        assert got == wanted
        assert {"LocalPaired", "DialBegan", "DialEnded", "ChannelUp"} <= set(filtered.kinds())
        assert filtered.link.stats.messages - filtered.link.stats.facts == heard
        assert whole.link.stats.messages > 2 * filtered.link.stats.messages


async def test_the_account_may_change_nothing(pbx: Pbx, account: AmiAccount) -> None:
    async with listening(account) as ear:
        for action in (
            {
                "Action": "Originate",
                "Channel": "Local/wait@listener-test",
                "Application": "Wait",
                "Data": "1",
            },
            {"Action": "Command", "Command": "core show version"},
            {"Action": "Hangup", "Channel": "/.*/"},
            {"Action": "GetConfig", "Filename": "manager.conf"},
            {"Action": "Setvar", "Variable": "X", "Value": "1"},
        ):
            reply = await ear.link.action(action)
            assert not reply.ok, action
            assert reply.why == "Permission denied"


async def test_a_wrong_secret_is_refused_with_a_remedy(account: AmiAccount) -> None:
    link = AmiLink(replace(account, secret="wrong"), clock=lambda: datetime.now(UTC), timing=TIMING)
    with pytest.raises(LoginRefused, match=r"Authentication failed.*manager\.conf"):
        await link.run(lambda _facts: asyncio.sleep(0))
    assert (link.stats.connects, link.stats.refusals) == (1, 1)


async def test_an_originate_is_heard_of_by_its_action_id(pbx: Pbx, account: AmiAccount) -> None:
    caller = account_of(pbx, "secondring-dial", pbx.secrets["secondring-dial"])
    async with listening(caller) as ear:
        call = {
            "Action": "Originate",
            "Channel": "Local/wait@listener-test",
            "Context": "listener-test",
            "Exten": "wait",
            "Priority": "1",
            "Async": "true",
        }
        reply = await ear.link.action(call, until="OriginateResponse")
        assert reply.ok
        assert reply.events[-1].get("Reason") == "4"
        refused = await ear.link.action({**call, "Exten": "nowhere"}, until="OriginateResponse")
        assert not refused.ok
    hang_up_all(pbx)
    await happens(lambda: pbx.channels() == 0, "an empty PBX")


async def test_a_pbx_that_is_restarted_is_found_again(caplog: pytest.LogCaptureFixture) -> None:
    with Pbx(name="restarted") as pbx:
        account = account_of(pbx, "secondring", pbx.secrets["secondring"])
        async with listening(account) as ear:
            await ear.told(StockTaken)
            await asyncio.to_thread(pbx.stop_asterisk)
            await ear.told(LinkLost)
            await happens(lambda: "nothing listens there" in caplog.text, "a closed port")
            await asyncio.to_thread(pbx.start)
            await ear.told(StockTaken, 2)
            await asyncio.to_thread(pbx.kill)
            await asyncio.to_thread(pbx.start)
            await ear.told(StockTaken, 3)
        around = [kind for kind in ear.kinds() if kind != "ChannelStarted"]
        first = ["PbxBooted", "StockTaken", "PbxStopping", "LinkLost", "PbxBooted", "StockTaken"]
        assert around == [*first, "LinkLost", "PbxBooted", "StockTaken"]
        assert ear.count(PbxStopping) == 1
        last = [fact.uptime for fact in ear.facts if isinstance(fact, PbxBooted)][-1]
        assert last is not None
        assert last.total_seconds() < PATIENCE


async def test_a_pbx_that_stands_still_is_noticed() -> None:
    """SIGSTOP is what a half-open link looks like: the kernel still acknowledges, nobody answers."""
    with Pbx(name="frozen") as pbx:
        account = account_of(pbx, "secondring", pbx.secrets["secondring"])
        ear = Ear(account)
        ear.link = AmiLink(
            account,
            clock=lambda: datetime.now(UTC),
            timing=replace(TIMING, ping_every=0.1, ping_deadline=0.3),
        )
        running = asyncio.create_task(ear.link.run(ear.hear))
        await ear.told(StockTaken)
        os.kill(pbx.pid or 0, signal.SIGSTOP)
        await ear.told(LinkLost)
        os.kill(pbx.pid or 0, signal.SIGCONT)
        await ear.told(StockTaken, 2)
        assert ear.link.stats.silences >= 1
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
