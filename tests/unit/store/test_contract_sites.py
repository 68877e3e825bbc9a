"""The spool of a site box, and what a centre has taken, in every kind of store."""

from datetime import timedelta

from secondring.domain.ports import Store
from secondring.domain.site_ports import Spooled
from tests.support.books import NOW

MINUTE = timedelta(minutes=1)


def a_dispatch(name: str, group: str, minute: int = 0, **changes: object) -> Spooled:
    given: dict[str, object] = {"kind": "call-ended", "urgent": False, "words": f"planted words of {name}"}
    return Spooled(id=name, group=group, at=NOW + minute * MINUTE, **(given | changes))  # type: ignore[arg-type]


def put(store: Store, *spooled: Spooled) -> None:
    with store.transaction() as books:
        for one in spooled:
            books.add_to_spool(one)


def heads(store: Store, limit: int = 10, **asked: object) -> list[str]:
    with store.reading() as books:
        return [one.id for one in books.spool_heads(limit=limit, **asked)]  # type: ignore[arg-type]


def test_only_the_first_of_each_group_may_go(store: Store) -> None:
    put(store, a_dispatch("a1", "a"), a_dispatch("b1", "b", 1), a_dispatch("a2", "a", 2))
    assert heads(store) == ["a1", "b1"]
    with store.transaction() as books:
        books.drop_from_spool(["a1", "nobody's"])
    assert heads(store) == ["b1", "a2"]
    assert heads(store, limit=1) == ["b1"]


def test_old_ones_may_be_asked_for_newest_first(store: Store) -> None:
    put(store, *(a_dispatch(f"c{number}", f"c{number}", number) for number in range(4)))
    border = NOW + 2 * MINUTE
    assert heads(store, before=border, newest_first=True) == ["c1", "c0"]
    assert heads(store, since=border) == ["c2", "c3"]


def test_urgent_ones_may_be_asked_for_alone(store: Store) -> None:
    put(store, a_dispatch("a", "a"), a_dispatch("u", "u", urgent=True))
    assert heads(store, urgent=True) == ["u"]
    assert heads(store, urgent=False) == ["a"]


def test_what_a_later_one_tells_again_is_forgotten(store: Store) -> None:
    put(
        store,
        a_dispatch("began", "call", kind="call-began"),
        a_dispatch("asked", "call", kind="text-asked"),
        a_dispatch("other", "other", kind="call-began"),
    )
    with store.transaction() as books:
        books.drop_overtaken("call", ("call-began", "call-answered"))
    assert heads(store) == ["asked", "other"]


def test_how_much_waits_is_known(store: Store) -> None:
    with store.reading() as books:
        assert (books.spool_state().waiting, books.spool_state().oldest_at) == (0, None)
    put(store, a_dispatch("a1", "a", 3), a_dispatch("b1", "b", 1))
    with store.reading() as books:
        assert (books.spool_state().waiting, books.spool_state().oldest_at) == (2, NOW + MINUTE)


def test_words_come_back_as_they_were_and_numbers_rise(store: Store) -> None:
    put(store, a_dispatch("a1", "a"), a_dispatch("b1", "b"))
    with store.reading() as books:
        first, second = books.spool_heads(limit=2)
    assert first.words == "planted words of a1"
    assert first.number < second.number


def test_numbers_never_fall(store: Store) -> None:
    put(store, a_dispatch("a1", "a"))
    with store.transaction() as books:
        (first,) = books.spool_heads(limit=1)
        books.drop_from_spool(["a1"])
    put(store, a_dispatch("b1", "b"))
    with store.reading() as books:
        (second,) = books.spool_heads(limit=1)
    assert second.id == "b1"
    assert first.number <= second.number


def test_a_dispatch_is_taken_once_until_it_is_forgotten(store: Store) -> None:
    with store.transaction() as books:
        assert books.take_dispatch("north", "x", NOW)
        assert not books.take_dispatch("north", "x", NOW + MINUTE)
        assert books.take_dispatch("south", "x", NOW)
    with store.transaction() as books:
        books.forget_dispatches(before=NOW + MINUTE)
        assert books.take_dispatch("north", "x", NOW)
