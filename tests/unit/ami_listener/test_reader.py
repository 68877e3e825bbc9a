"""Facts that take more than one message, and messages that cannot be read."""

from datetime import UTC, datetime, timedelta

import pytest

from ami_listener import reader as reader_module
from ami_listener.messages import Message
from ami_listener.reader import FactReader
from ami_listener.stats import LinkStats
from secondring.domain.facts import ChannelStarted, Fact, LinkLost, StockTaken
from tests.support.ami_messages import CALLER, block, event, hangup, newchannel

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def row(uniqueid: str) -> Message:
    return Message(event("CoreShowChannel", block(uniqueid=uniqueid), Duration="00:00:07", BridgeId=""))


END = Message({"Event": "CoreShowChannelsComplete", "ListItems": "2"})


def stock(reader: FactReader, *messages: Message) -> list[str]:
    told: list[Fact | None] = [reader.read(message, AT) for message in messages]
    (taken,) = [fact for fact in told if isinstance(fact, StockTaken)]
    return [live.leg.id for live in taken.legs]


def test_the_rows_of_a_list_are_one_stock_taking() -> None:
    assert stock(FactReader(LinkStats()), row("1.1"), row("1.2"), END) == ["1.1", "1.2"]


def test_no_channels_are_a_stock_taking_too() -> None:
    assert stock(FactReader(LinkStats()), END) == []


def test_a_leg_that_ends_while_the_list_is_given_is_not_alive() -> None:
    reader = FactReader(LinkStats())
    assert stock(reader, row("1.1"), row("1.2"), Message(hangup("1.1")), END) == ["1.2"]


def queue_row(uniqueid: str, queue: str = "front") -> Message:
    return Message(event("QueueEntry", {"Uniqueid": uniqueid, "Queue": queue, "Position": "1", "Wait": "7"}))


def test_who_waits_in_a_queue_is_part_of_the_stock() -> None:
    reader = FactReader(LinkStats())
    left = Message(event("QueueCallerLeave", block(uniqueid="1.2"), Queue="front"))
    rows = [
        queue_row("1.1"),
        queue_row("1.2"),
        queue_row("1.3"),
        row("1.1"),
        left,
        Message(hangup("1.3")),
        END,
    ]
    told = [reader.read(message, AT) for message in rows]
    (taken,) = [fact for fact in told if isinstance(fact, StockTaken)]
    assert taken.waiting == {"1.1": "front"}


def test_half_a_list_of_a_link_that_broke_is_forgotten() -> None:
    reader = FactReader(LinkStats())
    reader.read(queue_row("1.1"), AT)
    reader.read(row("1.1"), AT)
    assert reader.lost(AT) == LinkLost(at=AT)
    assert stock(reader, row("1.2"), END) == ["1.2"]


def test_a_broken_row_costs_itself() -> None:
    stats = LinkStats()
    nameless = Message(event("CoreShowChannel", block(uniqueid="")))
    assert stock(FactReader(stats), row("1.1"), nameless, row("1.2"), END) == ["1.1", "1.2"]
    assert stats.unreadable == {"CoreShowChannel.Uniqueid": 1}


def test_the_timestamp_wins_over_the_arrival() -> None:
    reader = FactReader(LinkStats())
    told = AT - timedelta(seconds=90)
    stamped = reader.read(Message(newchannel(Timestamp=f"{told.timestamp():.6f}")), AT)
    assert stamped
    assert stamped.at == told
    plain = reader.read(Message(newchannel()), AT)
    assert plain
    assert plain.at == AT


@pytest.mark.parametrize("hours", [-1, 1, 24 * 365])
def test_a_clock_that_is_plainly_wrong_is_not_believed_and_said_once(
    hours: int, caplog: pytest.LogCaptureFixture
) -> None:
    reader = FactReader(LinkStats())
    wrong = f"{(AT + timedelta(hours=hours)).timestamp():.6f}"
    for _ in range(3):
        fact = reader.read(Message(newchannel(Timestamp=wrong)), AT)
        assert fact
        assert fact.at == AT
    assert [record.getMessage().startswith("the PBX's clock is") for record in caplog.records] == [True]


def test_events_that_lack_a_header_are_counted_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    stats = LinkStats()
    reader = FactReader(stats)
    for _ in range(3):
        assert reader.read(Message({"Event": "Hangup", "CallerIDNum": CALLER}), AT) is None
    assert stats.unreadable == {"Hangup.Uniqueid": 3}
    assert len(caplog.records) == 1
    assert CALLER not in caplog.text


def test_a_bug_of_ours_costs_one_message(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stats = LinkStats()
    reader = FactReader(stats)

    def buggy(_message: Message, _at: datetime) -> Fact:
        raise ZeroDivisionError(CALLER)

    with monkeypatch.context() as patch:
        patch.setattr(reader_module, "translate", buggy)
        assert reader.read(Message(newchannel()), AT) is None
    assert isinstance(reader.read(Message(newchannel()), AT), ChannelStarted)
    assert (stats.broken, stats.facts) == (1, 1)
    assert CALLER not in caplog.text
