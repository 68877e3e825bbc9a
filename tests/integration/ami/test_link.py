"""The link against a manager that misbehaves: what is heard, what is noticed, what is survived."""

import asyncio
import logging
import socket
from dataclasses import replace

import pytest

from ami_listener import AmiAccount, AmiLink
from ami_listener.connection import pause_after_refusal
from ami_listener.session import Timing
from secondring.domain.errors import LoginRefused, PeerError
from secondring.domain.facts import ChannelStarted, Fact, HungUp, LinkLost, PbxBooted, PbxStopping, StockTaken
from tests.integration.ami.conftest import QUICK, Listen, Listening, clock
from tests.support.ami_messages import block, event, hangup, newchannel, stream
from tests.support.fake_ami import SECRET, FakeAmi, until, wire


async def test_after_the_login_comes_the_boot_then_the_stock(listen: Listen, ami: FakeAmi) -> None:
    ami.rows = [block() | {"Application": "Queue", "Duration": "00:01:00", "BridgeId": ""}]
    async with listen() as hearing:
        await hearing.told(StockTaken)
        assert hearing.kinds() == ["PbxBooted", "StockTaken"]
        (taken,) = [fact for fact in hearing.facts if isinstance(fact, StockTaken)]
        assert [live.app for live in taken.legs] == ["Queue"]
        assert ami.names()[:3] == ["Login", "QueueStatus", "CoreShowChannels"]


async def test_events_are_heard_once_each_and_in_order(listen: Listen, ami: FakeAmi) -> None:
    async with listen(batch=7) as hearing:
        ami.say_raw(b"".join(stream(newchannel(f"9.{n}"), hangup(f"9.{n}")) for n in range(200)))
        await hearing.told(HungUp, 200)
        legs = [(type(f), f.leg.id) for f in hearing.facts if isinstance(f, ChannelStarted | HungUp)]
        assert legs == [(kind, f"9.{n}") for n in range(200) for kind in (ChannelStarted, HungUp)]
        assert max(hearing.batches) <= 7


async def test_a_wrong_secret_is_refused_once_with_a_remedy(account: AmiAccount, ami: FakeAmi) -> None:
    wrong = replace(account, secret="not-the-secret")
    with pytest.raises(LoginRefused) as refused:
        await AmiLink(wrong, clock=clock, timing=QUICK).run(ignore)
    message = str(refused.value)
    assert account.where in message
    assert "'secondring'" in message
    assert "manager.conf" in message
    assert "not-the-secret" not in message
    assert ami.connections == 1


async def test_a_pbx_that_goes_down_refuses_nobody(account: AmiAccount, ami: FakeAmi) -> None:
    """It answers every login like that; taken for a wrong secret, it ended the service for good."""
    ami.lets_nobody_in = "Asterisk is shutting down"
    hearing = Listening(AmiLink(account, clock=clock, timing=QUICK))
    running = asyncio.create_task(hearing.link.run(hearing.handle))
    await until(lambda: ami.connections == 3)
    ami.lets_nobody_in = ""
    await hearing.told(StockTaken)
    assert hearing.stats.refusals == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_secret_changed_behind_our_back_is_not_knocked_at(listen: Listen, ami: FakeAmi) -> None:
    async with listen() as hearing:
        ami.secret = "changed"
        ami.cut()
        await until(lambda: hearing.stats.refusals == 1)
        await asyncio.sleep(10 * QUICK.longest_pause)  # evidence of nothing needs time
        assert (hearing.stats.refusals, ami.connections) == (1, 2)


async def test_a_secret_that_is_put_right_is_accepted_in_time(listen: Listen, ami: FakeAmi) -> None:
    async with listen(timing=replace(QUICK, refused_pause=0.05)) as hearing:
        ami.secret = "changed"
        ami.cut()
        await until(lambda: hearing.stats.refusals == 2)
        ami.secret = SECRET
        await until(lambda: hearing.link.is_up)


async def test_who_asks_to_be_told_is_told_of_each_refusal_and_let_in_when_it_is_right(
    account: AmiAccount, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    """At boot FreePBX may be writing manager.conf anew; the first refusal once ended the service for good."""
    told: list[int] = []

    async def on_refusal(refusal: LoginRefused, count: int) -> None:
        assert "not-the-secret" not in str(refusal)
        told.append(count)

    ami.secret = "not-the-secret"
    quick = replace(QUICK, refused_pause=0.02, longest_refused_pause=0.05)
    hearing = Listening(AmiLink(account, clock=clock, timing=quick, on_refusal=on_refusal))
    running = asyncio.create_task(hearing.link.run(hearing.handle))
    await until(lambda: len(told) >= 3)
    assert hearing.link.refused_account == account.user
    assert f"refuses user {account.user!r}" in caplog.text
    assert "trying again in" in caplog.text
    ami.secret = SECRET
    await hearing.told(StockTaken)
    assert hearing.link.refused_account == ""
    assert told[:3] == [1, 2, 3]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_a_refused_login_is_tried_again_after_half_a_minute_at_first_and_every_five_minutes_in_the_end() -> (
    None
):
    pauses = [pause_after_refusal(count, Timing(), near=True) for count in range(1, 7)]
    assert pauses == [30, 60, 120, 240, 300, 300]
    assert pause_after_refusal(9999, Timing(), near=True) == 300
    assert pause_after_refusal(1, Timing(), near=False) == 600, "fail2ban watches over strangers"


@pytest.mark.parametrize(
    ("host", "near"), [("127.0.0.1", True), ("localhost", True), ("192.0.2.7", False), ("pbx", False)]
)
def test_only_this_machine_is_near(host: str, near: bool) -> None:
    assert AmiAccount(host=host, user="ring", secret="x").is_near is near


async def test_nobody_there_is_said_once_and_tried_again(
    account: AmiAccount, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    await ami.stop()
    link = AmiLink(account, clock=clock, timing=QUICK)
    running = asyncio.create_task(link.run(ignore))
    with caplog.at_level(logging.DEBUG, logger="ami_listener"):
        await until(lambda: caplog.text.count("nothing listens there") >= 3)
        await ami.start()
        async with asyncio.timeout(10):
            await link.up()
    running.cancel()
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "enabled=yes" in warnings[0].getMessage()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_port_that_speaks_something_else_is_named(account: AmiAccount, ami: FakeAmi) -> None:
    ami.greeting = b"SSH-2.0-OpenSSH_9.2\r\n"
    link = AmiLink(account, clock=clock, timing=QUICK)
    running = asyncio.create_task(link.run(ignore))
    await until(lambda: ami.connections >= 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert link.stats.connects == 0
    assert SECRET not in str(ami.actions)


async def test_a_lost_link_is_told_before_the_new_one(listen: Listen, ami: FakeAmi) -> None:
    async with listen() as hearing:
        await hearing.told(StockTaken)
        ami.say(newchannel())
        ami.cut(stream(hangup())[:40])
        await hearing.told(StockTaken, 2)
        assert hearing.kinds() == [
            "PbxBooted",
            "StockTaken",
            "ChannelStarted",
            "LinkLost",
            "PbxBooted",
            "StockTaken",
        ]
        assert (hearing.stats.losses, hearing.stats.logins) == (1, 2)


async def test_a_restarted_pbx_is_found_again(listen: Listen, ami: FakeAmi) -> None:
    async with listen() as hearing:
        await hearing.told(StockTaken)
        ami.say(event("Shutdown", Shutdown="Cleanly", Restart="True"))
        await hearing.told(PbxStopping)
        ami.after_login = wire({"Event": "FullyBooted", "Uptime": "0"})
        await ami.restart()
        await hearing.told(StockTaken, 2)
        boots = [fact.uptime for fact in hearing.facts if isinstance(fact, PbxBooted)]
        assert [uptime.total_seconds() for uptime in boots if uptime is not None] == [3600, 0]


async def test_stock_is_taken_when_the_pbx_has_booted_not_before(listen: Listen, ami: FakeAmi) -> None:
    ami.after_login = b""
    async with listen() as hearing:
        ami.say(newchannel())
        await hearing.told(ChannelStarted)
        assert "CoreShowChannels" not in ami.names()
        ami.say(event("FullyBooted", Uptime="0"))
        await hearing.told(StockTaken)
        ami.cut()
        await until(lambda: hearing.stats.logins == 2 and hearing.link.is_up)
        ami.say(newchannel())
        await hearing.told(ChannelStarted, 2)
        ami.say(event("FullyBooted", Uptime="0"))
        await hearing.told(StockTaken, 2)
        once = ["ChannelStarted", "PbxBooted", "StockTaken"]
        assert hearing.kinds() == [*once, "LinkLost", *once]


async def test_stock_is_taken_though_the_account_never_hears_of_the_boot(
    listen: Listen, ami: FakeAmi
) -> None:
    ami.after_login = b""
    async with listen(timing=replace(QUICK, boot=0.05)) as hearing:
        await hearing.told(StockTaken)


async def test_a_link_that_breaks_before_the_boot_is_replaced(listen: Listen, ami: FakeAmi) -> None:
    ami.after_login = b""
    async with listen(timing=replace(QUICK, boot=3600)) as hearing:
        ami.cut()
        await until(lambda: hearing.stats.logins == 2)


async def test_a_half_open_link_is_noticed_and_replaced(listen: Listen, ami: FakeAmi) -> None:
    async with listen(timing=replace(QUICK, ping_every=0.05)) as hearing:
        await hearing.told(StockTaken)
        await ami.got("Ping", 2)
        assert hearing.stats.silences == 0
        ami.silent = True
        await until(lambda: hearing.stats.silences == 1)
        ami.silent = False
        await hearing.told(StockTaken, 2)
        assert hearing.count(LinkLost) == 1
        await until(lambda: ami.clients == 1)


async def test_events_are_a_sign_of_life_too(listen: Listen, ami: FakeAmi) -> None:
    ami.deaf_to = {"Ping"}
    async with listen(timing=replace(QUICK, ping_every=0.02)) as hearing:
        pings = 0
        while pings < 5:
            ami.say(newchannel())
            await asyncio.sleep(0.01)
            pings = ami.names().count("Ping")
        assert (hearing.stats.silences, hearing.count(LinkLost)) == (0, 0)


async def test_a_megabyte_header_and_foreign_letters_cost_no_connection(listen: Listen, ami: FakeAmi) -> None:
    async with listen() as hearing:
        ami.say(newchannel(CallerIDName="x" * 1_000_000))
        ami.say_raw(stream(newchannel("9.1")).replace(b"<unknown>", b"Jos\xe9"))
        ami.say(newchannel("9.2"))
        await hearing.told(ChannelStarted, 2)
        assert (hearing.stats.oversized, hearing.count(LinkLost)) == (1, 0)


async def test_a_slow_handler_stops_the_reading_and_loses_nothing(
    listen: Listen, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    async with listen(queue_limit=100, batch=50, timing=replace(QUICK, ping_every=0.02)) as hearing:
        await hearing.told(StockTaken)
        hearing.may_handle.clear()
        ami.say_raw(b"".join(stream(newchannel(f"9.{n}")) for n in range(50_000)))
        await until(lambda: hearing.stats.pauses == 1)
        heard = hearing.stats.messages
        await asyncio.sleep(0.2)
        assert hearing.stats.messages == heard < 50_000
        hearing.may_handle.set()
        await hearing.told(ChannelStarted, 50_000)
        assert hearing.count(LinkLost) == 0
        assert hearing.stats.backlog_peak < 5_000
        assert "is the database slow" in caplog.text


async def test_a_client_dropped_for_not_reading_is_a_loud_matter(
    listen: Listen, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    async with listen(queue_limit=10, batch=1, timing=replace(QUICK, ping_every=0.02)) as hearing:
        await hearing.told(StockTaken)
        hearing.may_handle.clear()
        ami.say_raw(b"".join(stream(newchannel(f"9.{n}")) for n in range(1000)))
        await until(lambda: hearing.stats.pauses == 1)
        ami.cut()
        await until(lambda: ami.clients == 0)
        await asyncio.sleep(0.2)  # time for pings that must not be sent
        hearing.may_handle.set()
        await hearing.told(StockTaken, 2)
        assert hearing.count(ChannelStarted) == 1000
        assert hearing.stats.cuts_after_pause == 1
        assert [r.levelname for r in caplog.records if "dropped us" in r.getMessage()] == ["ERROR"]


async def test_while_there_is_no_room_nobody_logs_in(listen: Listen, ami: FakeAmi) -> None:
    async with listen(queue_limit=10, batch=1) as hearing:
        await hearing.told(StockTaken)
        hearing.may_handle.clear()
        ami.say_raw(b"".join(stream(newchannel(f"9.{n}")) for n in range(1000)))
        await until(lambda: hearing.stats.pauses == 1)
        ami.cut()
        while hearing.link.is_up:
            with pytest.raises(PeerError):
                await hearing.link.action({"Action": "Ping"}, within=0.01)
            await asyncio.sleep(
                0
            )  # a link that is known to be broken says so at once, and lets nobody else run
        await asyncio.sleep(5 * QUICK.longest_pause)  # evidence of nothing needs time
        assert ami.connections == 1
        hearing.may_handle.set()
        await hearing.told(StockTaken, 2)


async def test_a_flood_right_after_the_login_stops_the_reading_too(listen: Listen, ami: FakeAmi) -> None:
    ami.after_login += b"".join(stream(newchannel(f"9.{n}")) for n in range(20))
    async with listen(queue_limit=10, batch=1, blocked=True) as hearing:
        await until(lambda: hearing.stats.pauses == 1)
        before = hearing.stats.messages
        ami.say_raw(b"".join(stream(newchannel(f"9.{n}")) for n in range(20, 1000)))
        await asyncio.sleep(0.1)  # evidence of nothing needs time
        assert hearing.stats.messages == before
        hearing.may_handle.set()
        await hearing.told(ChannelStarted, 1000)
        await hearing.told(StockTaken)


async def test_a_handler_that_never_waits_lets_others_run(account: AmiAccount, ami: FakeAmi) -> None:
    seen: list[int] = []
    turns = 0

    async def handle(facts: list[Fact]) -> None:
        seen.extend(turns for _ in facts)

    link = AmiLink(account, clock=clock, timing=QUICK, batch=1)
    running = asyncio.create_task(link.run(handle))
    await link.up()
    ami.say_raw(b"".join(stream(newchannel(f"9.{n}")) for n in range(200)))
    while len(seen) < 200:
        turns += 1
        await asyncio.sleep(0)
    assert len(set(seen)) > 100
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_action_is_answered_or_given_up_never_sent_twice(listen: Listen, ami: FakeAmi) -> None:
    ami.deaf_to = {"Originate"}
    call = {"Action": "Originate", "Channel": "Local/1@triage", "Async": "true"}
    async with listen() as hearing:
        await hearing.told(StockTaken)
        with pytest.raises(PeerError, match=r"did not answer Originate in 0\.05 s"):
            await hearing.link.action(call, within=0.05)
        assert hearing.link._session
        assert hearing.link._session._protocol.responses == {}
        pending = asyncio.create_task(hearing.link.action(call))
        await ami.got("Originate", 2)
        ami.cut()
        with pytest.raises(PeerError, match="no answer to Originate"):
            await pending
        ami.deaf_to = set()
        await hearing.told(StockTaken, 2)
        reply = await hearing.link.action(call, until="OriginateResponse")
        assert reply.ok
        assert reply.events[-1].get("Reason") == "4"
        assert ami.names().count("Originate") == 3


async def test_an_action_while_the_link_is_down_is_an_error_at_once(account: AmiAccount) -> None:
    with pytest.raises(PeerError, match="is down: Ping was not sent"):
        await AmiLink(account, clock=clock).action({"Action": "Ping"})


async def test_an_injected_header_never_reaches_the_wire(listen: Listen, ami: FakeAmi) -> None:
    async with listen() as hearing:
        with pytest.raises(ValueError, match="line break"):
            await hearing.link.action({"Action": "Originate", "CallerID": "x\r\nApplication: System"})
        await hearing.link.action({"Action": "Ping"})
    assert "Originate" not in ami.names()


async def test_what_the_handler_raises_ends_the_link(account: AmiAccount, ami: FakeAmi) -> None:
    async def fail(_facts: list[Fact]) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        await AmiLink(account, clock=clock, timing=QUICK).run(fail)
    await until(lambda: ami.clients == 0)


async def test_when_closed_nothing_comes_back(listen: Listen, ami: FakeAmi) -> None:
    async with listen() as hearing:
        ami.cut()
        await until(lambda: hearing.stats.losses == 1)
    seen = ami.connections
    await asyncio.sleep(5 * QUICK.longest_pause)  # evidence of nothing needs time
    assert (ami.connections, ami.clients) == (seen, 0)


async def test_channels_that_may_not_be_listed_are_said_and_lived_without(
    listen: Listen, ami: FakeAmi, caplog: pytest.LogCaptureFixture
) -> None:
    ami.may_list = False
    async with listen() as hearing:
        await until(lambda: "write=reporting" in caplog.text)
        ami.say(newchannel())
        await hearing.told(ChannelStarted)


async def test_a_pbx_that_accepts_and_says_nothing_is_given_up(account: AmiAccount) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        link = AmiLink(
            replace(account, port=mute.getsockname()[1]), clock=clock, timing=replace(QUICK, connect=0.05)
        )
        running = asyncio.create_task(link.run(ignore))
        mute.setblocking(False)
        first, _ = await asyncio.get_running_loop().sock_accept(mute)
        second, _ = await asyncio.get_running_loop().sock_accept(mute)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        first.close()
        second.close()


async def ignore(_facts: list[Fact]) -> None:
    """Nobody listens."""
