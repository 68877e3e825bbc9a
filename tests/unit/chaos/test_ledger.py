"""A ledger that cannot fail proves nothing: each kind of defect is put in and must be found."""

from dataclasses import replace
from typing import Any

import pytest

from chaos.endings import ENDINGS
from chaos.ledger import BookedCall, Evidence, Found, balance
from chaos.phones import SeenCall
from secondring.domain.records import TextState
from secondring.domain.verdict import Verdict

NUMBER = "+13125550123"
ENDING = {ending.name: ending for ending in ENDINGS}
AT = 1_000_000.0
HEARD = SeenCall(
    number=NUMBER, ending=ENDING["gives-up"], placed_at=AT, ringing_at=AT + 0.1, over_at=AT + 1.6
)
TALKED = SeenCall(number=NUMBER, ending=ENDING["talks"], placed_at=AT, answered_at=AT + 0.2, over_at=AT + 3)
UNHEARD = SeenCall(number=NUMBER, ending=ENDING["gives-up"], placed_at=AT)
TEXTED = BookedCall(
    id="lab/1.1",
    number=NUMBER,
    verdict=Verdict.MISSED,
    reason="no-answer",
    detail="caller-cancel",
    texts=(("M-1", TextState.ACCEPTED),),
)
TASKED = replace(TEXTED, texts=(), tasks=("Call back (not-seen-to-the-end)",))
ANSWERED = replace(TEXTED, verdict=Verdict.ANSWERED, reason=None, detail=None, texts=())
EXCLUDED = replace(TEXTED, texts=(), decisions=(("nothing", "premium"),))


def found(seen: SeenCall, *booked: BookedCall, taken: int = 0, **more: Any) -> Found:
    evidence = Evidence(
        seen=[seen],
        booked=booked,
        taken={NUMBER: taken},
        on_record=more.pop("on_record", frozenset()),
        **more,
    )
    (entry,) = balance(evidence).entries
    return entry.found


def failed(call: BookedCall) -> BookedCall:
    return replace(call, texts=(("M-1", TextState.FAILED),), tasks=("Call back",))


@pytest.mark.parametrize(
    ("seen", "booked", "taken", "wanted"),
    [
        (HEARD, TEXTED, 1, Found.TEXT),
        (HEARD, TASKED, 0, Found.TASK),
        (HEARD, failed(TEXTED), 0, Found.TASK),
        (HEARD, failed(TEXTED), 1, Found.IN_DOUBT),
        (HEARD, EXCLUDED, 0, Found.NAMED),
        (TALKED, ANSWERED, 0, Found.ANSWERED),
        (replace(TALKED, over_at=None), TEXTED, 1, Found.TEXT),
    ],
)
def test_what_balances(seen: SeenCall, booked: BookedCall, taken: int, wanted: Found) -> None:
    assert found(seen, booked, taken=taken) is wanted


@pytest.mark.parametrize(
    ("seen", "booked", "taken", "wanted"),
    [
        (HEARD, TEXTED, 2, Found.TWICE),
        (HEARD, TEXTED, 0, Found.LOST),
        (
            HEARD,
            replace(TEXTED, texts=(("M-1", TextState.ACCEPTED), ("M-2", TextState.ACCEPTED))),
            1,
            Found.TWICE,
        ),
        (HEARD, replace(TEXTED, tasks=("Call back",)), 1, Found.TWICE),
        (HEARD, replace(TASKED, tasks=("Call back", "Call back")), 0, Found.TWICE),
        (HEARD, replace(TEXTED, texts=(("M-1", TextState.UNKNOWN),)), 1, Found.UNFINISHED),
        (HEARD, replace(TEXTED, verdict=None), 0, Found.UNFINISHED),
        (HEARD, replace(TEXTED, texts=()), 0, Found.LOST),
        (HEARD, EXCLUDED, 1, Found.WRONG),
        (HEARD, ANSWERED, 0, Found.WRONG),
        (HEARD, replace(TEXTED, verdict=Verdict.IGNORED, texts=()), 0, Found.WRONG),
        (TALKED, TEXTED, 1, Found.WRONG),
        (TALKED, ANSWERED, 1, Found.WRONG),
        (TALKED, replace(ANSWERED, tasks=("Call back",)), 0, Found.WRONG),
    ],
)
def test_what_does_not(seen: SeenCall, booked: BookedCall, taken: int, wanted: Found) -> None:
    assert found(seen, booked, taken=taken) is wanted


def test_a_call_that_is_kept_twice() -> None:
    assert found(HEARD, TEXTED, replace(TEXTED, id="lab/2.2", texts=()), taken=1) is Found.TWICE


def test_a_call_that_is_not_kept_is_lost_unless_it_never_was() -> None:
    assert found(HEARD) is Found.LOST
    assert found(UNHEARD, on_record=frozenset({NUMBER})) is Found.LOST
    assert found(UNHEARD) is Found.EXCUSED
    assert found(HEARD, taken=1) is Found.WRONG


def test_only_a_crash_in_the_very_moment_excuses_a_call_that_was_heard() -> None:
    assert found(HEARD, crashes=(AT + 0.5,)) is Found.EXCUSED
    assert found(HEARD, crashes=(AT + 5,)) is Found.LOST
    assert found(HEARD, crashes=(AT + 0.5,), on_record=frozenset({NUMBER})) is Found.LOST


def test_whoever_never_called_is_a_mismatch() -> None:
    stranger = "+13125550199"
    evidence = Evidence(seen=[], booked=[], taken={stranger: 1}, on_record=frozenset())
    assert [entry.found for entry in balance(evidence).mismatches] == [Found.WRONG]
    assert balance(replace(evidence, staff=frozenset({stranger}))).balances
