"""What is set on screen lies over what the files say; one schema judges both, and they never disagree in silence."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from config.loader import EXAMPLE, Layers, default_source
from config.problems import Place
from config.tree import Source
from secondring.domain.errors import ConfigError
from secondring.domain.settings import Overlay, path_of, set_on
from tests.unit.config.conftest import SECRETS, WHERE

SITE = "sites.maple-street"


def on_screen(**values: Any) -> Overlay:
    """Keys with `__` for the dots and `_` for the dash of the site's name."""
    changes = {
        path_of(key.replace("__", ".").replace("maple_street", "maple-street")): v
        for key, v in values.items()
    }
    return set_on({}, changes, by="A. Admin", at=datetime(2026, 3, 2, tzinfo=UTC), version=4)


def layers(*texts: str) -> Layers:
    files = [Source(name="10-site.yaml", text=EXAMPLE.read_text("utf-8"))]
    files += [Source(name=f"{20 + n}-more.yaml", text=text) for n, text in enumerate(texts)]
    return Layers(sources=(default_source(), *files), where=WHERE)


def line_of(word: str) -> int:
    return next(n for n, line in enumerate(EXAMPLE.read_text("utf-8").splitlines(), 1) if word in line)


def test_hours_from_the_screen_take_the_place_of_all_hours_in_the_file() -> None:
    overlay = on_screen(sites__maple_street__hours={"mon": ["09:00-12:00"]})
    settings = layers().settings(SECRETS.__getitem__, overlay)
    assert settings.rules.sites[0].hours.week == {0: ((time(9), time(12)),)}
    (one,) = settings.disagreements
    assert one.file == f"10-site.yaml:{line_of('hours:')}"
    assert "set on screen by A. Admin on 2026-03-02 (version 4)" in str(one)
    assert f"secondring settings drop {SITE}.hours" in str(one)


def test_the_same_said_in_other_words_is_no_disagreement() -> None:
    same = {
        "mon,tue,wed,thu": ["8:00-12:00", "13:00-17:00"],
        "fri": ["08:00 - 12:00", "13:00-16:00"],
    }
    assert layers().checked(on_screen(sites__maple_street__hours=same)).disagreements == ()


def test_what_only_the_screen_says_is_no_disagreement() -> None:
    found = layers().checked(on_screen(guards__settle="5s", routes__book__queue="billing"))
    assert found.found.guards.settle.total_seconds() == 5
    assert found.disagreements == ()


def test_a_file_that_changes_afterwards_is_told() -> None:
    overlay = on_screen(follow_up__link_silence="3h")
    assert layers().checked(overlay).disagreements == ()
    (one,) = layers("follow_up: {link_silence: 1h}").checked(overlay).disagreements
    assert one.file == "20-more.yaml:1"


def test_a_mistake_on_screen_names_who_made_it_and_how_to_take_it_back() -> None:
    overlay = on_screen(sites__maple_street__zone="Mars/Olympus")
    with pytest.raises(ConfigError) as refused:
        layers().checked(overlay)
    message = str(refused.value)
    assert (
        "set on screen by A. Admin on 2026-03-02 (version 4): sites.maple-street.zone: is not a time zone"
        in message
    )
    assert "secondring settings drop sites.maple-street.zone" in message


def test_a_site_that_left_the_files_leaves_a_remedy_behind() -> None:
    overlay = on_screen(sites__gone__hours={"mon": ["09:00-12:00"]})
    with pytest.raises(ConfigError) as refused:
        layers().checked(overlay)
    assert "sites.gone.name: is missing" in str(refused.value)
    assert "secondring settings drop sites.gone" in str(refused.value)


def test_the_files_stay_as_they_were_read() -> None:
    ours = layers()
    before = ours.checked().found
    ours.checked(on_screen(sites__maple_street__holidays={}, routes__book__clock="now"))
    assert ours.checked().found == before


def test_a_null_from_the_screen_takes_a_value_away() -> None:
    found = layers().checked(on_screen(sites__maple_street__booking_url=None))
    assert found.found.sites["maple-street"].booking_url is None
    assert len(found.disagreements) == 1


def test_a_place_on_screen_names_its_key() -> None:
    assert str(Place(file="set on screen", key="a.b")) == "set on screen"
