"""What is set on screen: keys, differences, going back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.settings import (
    Overlay,
    Setting,
    Value,
    brought_back,
    canonical,
    differences,
    from_canonical,
    is_at_once,
    may_be_set,
    path_of,
    set_on,
    without,
    written,
)

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
paths = st.lists(st.text(st.sampled_from("ab.\\-"), max_size=4), min_size=1, max_size=4).map(tuple)
values: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
settings = st.builds(Setting, value=values, by=st.text(max_size=6), at=st.just(AT), version=st.integers(1, 9))
overlays: st.SearchStrategy[Overlay] = st.dictionaries(paths, settings, max_size=5)


@given(paths)
def test_a_key_says_its_path_whatever_the_names(path: tuple[str, ...]) -> None:
    assert path_of(written(path)) == path


@given(overlays)
def test_what_is_written_down_comes_back(overlay: Overlay) -> None:
    assert from_canonical(canonical(overlay)) == overlay
    assert canonical(from_canonical(canonical(overlay))) == canonical(overlay)


@given(overlays, overlays)
def test_going_back_brings_back_every_value_and_blames_whoever_went_back(then: Overlay, now: Overlay) -> None:
    later = AT + timedelta(days=1)
    back = brought_back(then, now, by="bo", at=later, version=12)
    assert differences(then, back) == ()
    for path, setting in back.items():
        unchanged = path in now and now[path].value == setting.value
        assert setting == (
            now[path] if unchanged else Setting(value=setting.value, by="bo", at=later, version=12)
        )


@given(overlays, overlays)
def test_differences_are_what_turns_one_into_the_other(before: Overlay, after: Overlay) -> None:
    made = dict(before)
    for one in differences(before, after):
        if one.after is None:
            del made[one.path]
        else:
            made[one.path] = one.after
    assert differences(made, after) == ()


def test_dropping_a_key_drops_all_below_it() -> None:
    overlay = set_on({}, {("sites", "a", "hours"): "x", ("sites", "ab"): "y"}, by="bo", at=AT, version=1)
    assert set(without(overlay, ("sites", "a"))) == {("sites", "ab")}


def test_secrets_addresses_and_dial_strings_are_for_the_files_alone() -> None:
    for key in (
        "ami.secret_file",
        "ami.host",
        "database.url",
        "database.key_file",
        "carrier.http.url",
        "carrier.http.token_file",
        "carrier.http.inbound",
        "carriers",
        "carriers.main",
        "carriers.main.kind",
        "carriers.main.name",
        "carriers.main.url",
        "carriers.main.token_file",
        "carriers.main.webhooks",
        "web.host",
        "guards.blocked",
        "sites.main.triage.internal",
        "sites.main.triage.outside",
        "sites.main.triage",
        "sites.main",
        "sites",
        "state_directory",
    ):
        assert not may_be_set(path_of(key)), key


def test_what_decides_is_in_force_at_once_and_what_is_built_once_is_not() -> None:
    assert is_at_once(("sites", "main", "hours"))
    assert is_at_once(("messages", "wording", "en", "help"))
    assert not is_at_once(("carrier", "kind"))
    assert not is_at_once(("carriers", "main", "senders"))
    assert is_at_once(("mode",))
