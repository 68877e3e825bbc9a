"""What the demo says while it happens."""

from datetime import timedelta

from lab.ticker import Ticker
from secondring.domain.verdict import Verdict
from secondring.store.memory import MemoryStore
from tests.support.books import NOW, SECOND, a_call, an_episode, an_urgent_case, eid


def test_who_was_put_through_talked_to_a_nurse() -> None:
    store = MemoryStore()
    answered = {"verdict": Verdict.ANSWERED, "ended_at": NOW + SECOND}
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_urgent_case(an_urgent_case(1, accepted_at=NOW + SECOND))
        books.save_call(a_call(1, episode=eid(1), **answered))
        books.save_call(a_call(2, **answered))
    told: list[str] = []
    ticker = Ticker(store, NOW - timedelta(hours=1), lambda _, words: told.append(words), lambda _: "Ivy")
    ticker.look()
    assert sorted(told) == ["Ivy talked to a nurse", "Ivy talked to the front desk"]
