"""How long what of patients is kept: for ever is possible, too short is not."""

from datetime import timedelta

import pytest

from secondring.domain.errors import ConfigError
from secondring.domain.retention_ports import What
from tests.unit.config.conftest import configure


def test_words_half_a_year_numbers_four_years_the_audit_seven_and_wishes_for_ever() -> None:
    kept = configure().retention
    days = {what: None if (age := kept.age(what)) is None else age.days for what in What}
    assert days == {
        What.WORDS: 180,
        What.NUMBERS: 1500,
        What.CALLS: 1500,
        What.LINES: 1500,
        What.PROOFS: None,
        What.ALARMS: 400,
        What.AUDIT: 2555,
    }


def test_for_ever() -> None:
    kept = configure("retention: {words: null, numbers: null, alarms: null, audit: null}").retention
    assert [kept.age(what) for what in What] == [None] * len(What)


def test_shorter_where_that_does_no_harm() -> None:
    assert configure("retention: {words: 14d, numbers: 100d}").retention.words == timedelta(days=14)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("words: 3d", r"retention.words: is too short.*7d"),
        ("words: 0s", r"retention.words"),
        ("numbers: 30d, words: 20d", r"retention.numbers: is too short.*90d"),
        ("audit: 365d", r"retention.audit: is too short.*2196d"),
        ("words: null", r"retention.words: outlives retention.numbers"),
        ("words: 400d, numbers: 200d", r"retention.words: outlives retention.numbers"),
        ("proofs: 200d", r"retention.proofs: is shorter than retention.numbers"),
        ("proofs: 4000d, numbers: null", r"retention.proofs: is shorter than retention.numbers"),
        ("consents: 3d", r"retention.consents"),
    ],
)
def test_mistakes_are_named_with_their_place(keys: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        configure(f"retention: {{{keys}}}")


def test_words_outlive_the_window_of_an_episode() -> None:
    with pytest.raises(ConfigError, match=r"retention.words: is too short.*21d"):
        configure("guards: {window: 20d}", "retention: {words: 20d}")
