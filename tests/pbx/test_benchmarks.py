"""The benchmarks that need a PBX run and measure something; how fast it is, no test says."""

from benchmarks import menu, urgent


def test_every_caller_in_the_menu_is_served() -> None:
    result = menu.measure(callers=3, rounds=2)
    assert [part.waits.count for part in (result.ours, result.alone, result.forked)] == [6, 6, 3]
    assert "| `secondring agi` | 6 |" in menu.page(result)


def test_every_urgent_caller_is_timed() -> None:
    result = urgent.measure(1)
    for times in (
        result.key_ring,
        result.key_heard,
        result.text_ring,
        result.patient_ring,
        result.text_heard,
    ):
        assert times.count == 1
        assert times.most > 0
    assert "| key 2 pressed" in urgent.page(result)
