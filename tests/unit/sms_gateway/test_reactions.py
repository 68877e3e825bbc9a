"""Tables of codes: every one of ours can be read, mistakes are told by code, unknown codes are safe."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.errors import ConfigError
from sms_gateway.reactions import IN_WORDS, MOVES, React, kinds, read_table, table_of

RECIPIENTS = frozenset({React.NEVER, React.FILTERED, React.LANDLINE, React.BAD_NUMBER, React.OPTED_OUT})


@pytest.mark.parametrize("kind", kinds())
def test_every_table_can_be_read_and_tells_a_remedy_where_an_alarm_is_raised(kind: str) -> None:
    rows = table_of(kind).rows
    assert len(rows) > 2
    for row in rows.values():
        if row.react in (React.ACCOUNT, React.REGISTRATION):
            assert row.remedy, f"{kind} {row.code}: whoever gets the alarm must know what to do"


@pytest.mark.parametrize("kind", [*kinds(), "never-heard-of"])
@given(code=st.text(max_size=8))
def test_an_unknown_code_goes_to_a_person_or_is_cleared_up_first(kind: str, code: str) -> None:
    table = table_of(kind)
    if code not in table.rows:
        assert table.reaction(code).react in (React.NEVER, React.UNCERTAIN)


def test_only_the_three_digits_of_a_broken_server_are_uncertain() -> None:
    table = table_of("never-heard-of")
    assert table.reaction("502").react is React.UNCERTAIN
    for code in ("5021", "52", "", "418", "5xy"):
        assert table.reaction(code).react is React.NEVER


@pytest.mark.parametrize(
    ("code", "react"),
    [
        ("21610", React.OPTED_OUT),
        ("30006", React.LANDLINE),
        ("30005", React.BAD_NUMBER),
        ("30007", React.FILTERED),
        ("30034", React.REGISTRATION),
        ("20003", React.ACCOUNT),
        ("20429", React.SLOW_DOWN),
        ("21606", React.OTHER_SENDER),
        ("30004", React.NEVER),
    ],
)
def test_twilios_codes(code: str, react: React) -> None:
    assert table_of("twilio").reaction(code).react is react


def test_a_phone_that_is_off_is_tried_after_a_quarter_of_an_hour_and_two_hours() -> None:
    row = table_of("twilio").reaction("30003")
    assert (row.spacing, row.then) == ((timedelta(minutes=15), timedelta(hours=2)), React.NEVER)
    assert table_of("twilio").reaction("30008").then is React.OTHER_CARRIER


def test_nothing_that_is_the_recipients_doing_moves_a_text_to_another_carrier() -> None:
    assert not MOVES & RECIPIENTS
    assert set(IN_WORDS) == set(React)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"code": "1", "meaning": "abc", "reaction": "explode"}, "code 1"),
        ({"code": "2", "meaning": "abc", "reaction": "retry"}, "when to try again"),
        ({"code": "3", "meaning": "abc", "reaction": "retry", "spacing": ["soon"]}, "length of time"),
        ({"code": "4", "meaning": "abc", "reaction": "never", "spacing": ["1m"]}, "belong to"),
        ({"code": "5", "meaning": "abc", "reaction": "never", "note": "x"}, "note"),
        ({"code": "a b", "meaning": "abc", "reaction": "never"}, "code a b"),
        ({"code": 6, "meaning": "abc", "reaction": "never"}, "string"),
    ],
)
def test_a_mistake_is_told_with_its_code(row: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=r"x\.yaml") as error:
        read_table(json.dumps({"codes": [row]}), "x.yaml")
    assert told in str(error.value)


@pytest.mark.parametrize("text", ["", "[", "codes: 7", "codes: []\nmore: 1", "codes: [7]"])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        read_table(text, "x.yaml")


def test_a_code_with_two_reactions_is_refused() -> None:
    row = {"code": "1", "meaning": "abc", "reaction": "never"}
    with pytest.raises(ConfigError, match="more than one row for 1"):
        read_table(json.dumps({"codes": [row, row]}), "x.yaml")
