"""A recording gives what the link gave, however it was cut."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.recording import read_facts
from ami_listener.stats import LinkStats
from secondring.domain.facts import ChannelStarted, Fact, HungUp, LinkLost, PbxBooted, StockTaken
from tests.support.ami_messages import block, event, hangup, newchannel, stream
from tests.support.fake_ami import GREETING, wire

RECORDINGS = Path(__file__).parents[2] / "recordings"
START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
LOGIN = wire({"Response": "Success", "ActionID": "a", "Message": "Authentication accepted"})
BOOTED = event("FullyBooted", Uptime="60", Timestamp="1772460000.000000")
ROW = event("CoreShowChannel", block(), Duration="00:00:07", BridgeId="")
LISTED = event("CoreShowChannelsComplete", ListItems="1")
LINK = GREETING + LOGIN + stream(BOOTED, ROW, LISTED, newchannel(Timestamp="1772460001.250000"))
KINDS = [PbxBooted, StockTaken, ChannelStarted]


def kinds(facts: list[Fact]) -> list[type[Fact]]:
    return [type(fact) for fact in facts]


def test_a_recording_gives_facts_with_their_timestamps() -> None:
    facts = list(read_facts([LINK]))
    assert kinds(facts) == KINDS
    assert facts[0].at == START
    assert facts[2].at == START + timedelta(seconds=1.25)


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.ami")), ids=lambda path: path.stem)
def test_what_a_real_pbx_said_is_read_without_a_flaw(path: Path) -> None:
    stats = LinkStats()
    facts = list(read_facts(path, stats=stats))
    assert ChannelStarted in kinds(facts)
    assert (stats.garbage, stats.oversized, stats.broken, stats.losses) == (0, 0, 0, 0)
    assert stats.unreadable == {}
    assert all(before.at <= after.at for before, after in itertools.pairwise(facts))


def test_a_file_is_read_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "one.ami"
    path.write_bytes(LINK)
    assert list(read_facts(path)) == list(read_facts([LINK]))


@given(st.lists(st.integers(min_value=0, max_value=len(LINK)), max_size=9))
def test_any_chunking_gives_the_same_facts(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(LINK)]
    chunks = [LINK[a:b] for a, b in itertools.pairwise(edges)]
    assert list(read_facts(chunks, start=START)) == list(read_facts([LINK], start=START))


def test_another_greeting_is_a_lost_link_and_a_new_one() -> None:
    stats = LinkStats()
    facts = list(read_facts([LINK + LINK], stats=stats))
    assert kinds(facts) == [*KINDS, LinkLost, *KINDS]
    assert facts[3].at == facts[2].at
    assert (stats.connects, stats.losses, stats.garbage) == (2, 1, 0)


@given(st.integers(min_value=len(GREETING), max_value=len(LINK)))
def test_a_connection_cut_anywhere_still_gives_way_to_the_next(cut: int) -> None:
    facts = list(read_facts([LINK[:cut] + LINK]))
    assert kinds(facts)[-4:] == [LinkLost, *KINDS]


def test_a_caller_called_like_a_greeting_breaks_no_link() -> None:
    named = newchannel(CallerIDName="Asterisk Call Manager/11.0.0")
    facts = list(read_facts([GREETING + LOGIN + stream(named, hangup())]))
    assert kinds(facts) == [ChannelStarted, HungUp]


def test_a_truncated_last_message_is_counted_and_left_out() -> None:
    stats = LinkStats()
    cut = LINK + stream(hangup())[:-3]
    assert kinds(list(read_facts([cut], stats=stats))) == KINDS
    assert stats.garbage == 1


def test_a_recording_that_begins_in_the_middle() -> None:
    stats = LinkStats()
    facts = list(read_facts([b"rtyStateDesc: Up\r\n\r\n" + stream(hangup())], stats=stats, start=START))
    assert kinds(facts) == [HungUp]
    assert stats.garbage == 1


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_garbage_is_skipped_never_raised(before: bytes, after: bytes) -> None:
    facts = list(read_facts([before + b"\r\n\r\n", stream(hangup()), after]))
    assert HungUp in kinds(facts)


def test_without_timestamps_time_stands_almost_still() -> None:
    facts = list(read_facts([stream(newchannel(), hangup())], start=START))
    assert [fact.at - START for fact in facts] == [timedelta(microseconds=1), timedelta(microseconds=2)]


def test_without_timestamps_a_file_is_as_old_as_it_says(tmp_path: Path) -> None:
    path = tmp_path / "old.ami"
    path.write_bytes(stream(newchannel()))
    os.utime(path, (START.timestamp(), START.timestamp()))
    (fact,) = read_facts(path)
    assert fact.at - START == timedelta(microseconds=1)


@pytest.mark.parametrize("data", [b"", b"\r\n", GREETING, b"Event"])
def test_an_empty_recording_has_no_facts(data: bytes) -> None:
    assert list(read_facts([data])) == []
    assert list(read_facts([])) == []


def test_a_header_of_a_megabyte_costs_one_message() -> None:
    stats = LinkStats()
    monster = event("Newchannel", block(CallerIDName="x" * 1_000_000))
    facts = list(read_facts([stream(newchannel(), monster, hangup())], stats=stats))
    assert kinds(facts) == [ChannelStarted, HungUp]
    assert stats.oversized == 1
