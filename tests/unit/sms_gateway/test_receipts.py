"""Receipts come late, twice and in any order; the text ends where the highest of them puts it."""

from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.records import RANK, TextState
from secondring.domain.texting import Fault
from sms_gateway import standing
from sms_gateway.carriers.port import Accepted, Receipt
from tests.unit.sms_gateway.fakes import NOON, World

NEWS = st.sampled_from([TextState.ACCEPTED, TextState.DELIVERED, TextState.FAILED])


def _sending() -> World:
    world = World()
    world.queue()
    with world.store.transaction() as books:
        job = books.claim_jobs(["send-text"], now=NOON, lease=world.settings.lease, limit=1)[0]
        errand = world.outbox._clerk.prepare(books, job, NOON)
    assert errand is not None
    return world


def _receive(world: World, state: TextState, id_: str = "M-1") -> bool:
    return world.receipt(Receipt(carrier="fake", id=id_, state=state))


@given(news=st.lists(NEWS, min_size=1, max_size=6))
def test_any_order_of_receipts_ends_in_the_highest_rank(news: list[TextState]) -> None:
    world = _sending()
    for state in news:
        _receive(world, state)
    assert RANK[world.text().state] == max(RANK[state] for state in news)


@given(news=st.lists(NEWS, min_size=1, max_size=6))
def test_the_desk_hears_each_thing_once_and_acceptance_first(news: list[TextState]) -> None:
    world = _sending()
    for state in news:
        _receive(world, state)
    words = [word for word, _ in world.desk.told]
    assert len(words) == len(set(words))
    if "delivered" in words:
        assert words == ["accepted", "delivered"]


def test_a_text_that_fails_after_acceptance_becomes_a_call_back() -> None:
    world = _sending()
    _receive(world, TextState.ACCEPTED)
    _receive(world, TextState.FAILED)
    assert world.desk.told == [("accepted", "M-1"), ("failed", "M-1")]
    assert world.desk.failures[0].fault is Fault.RECIPIENT


async def test_the_carriers_own_id_will_do() -> None:
    world = World()
    world.queue()
    await world.work()
    assert _receive(world, TextState.DELIVERED, id_="c-M-1")
    assert world.text().state is TextState.DELIVERED


async def test_a_receipt_that_ends_a_doubt_ends_the_job_too() -> None:
    world = _sending()
    _receive(world, TextState.DELIVERED)
    world.clock.forward(60)
    await world.work()
    assert (world.carrier.requests, world.job()) == ([], None)


def test_receipts_of_strangers_change_nothing() -> None:
    world = World()
    world.queue()
    assert not _receive(world, TextState.DELIVERED, id_="M-9")
    assert not _receive(world, TextState.DELIVERED), "a text that was never sent has no receipt"
    assert world.text().state is TextState.QUEUED


def test_a_carrier_has_no_say_over_texts_of_another() -> None:
    world = _sending()
    assert not world.receipt(Receipt(carrier="other", id="M-1", state=TextState.FAILED))


def test_the_id_of_the_first_answer_is_kept_when_a_receipt_was_faster() -> None:
    world = _sending()
    _receive(world, TextState.DELIVERED)
    with world.store.transaction() as books:
        text = books.text(world.text().id)
        assert text is not None
        standing.accepted(world.desk, books, text, "fake", Accepted("theirs").carrier_id, NOON)
    assert (world.text().state, world.text().carrier_id) == (TextState.DELIVERED, "theirs")
