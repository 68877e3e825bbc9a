"""What is set on screen for carriers of the list finds them by name, whatever the files do to the list."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.loader import EXAMPLE, Layers, default_source
from config.overlay import laid_over
from config.tree import Source, read_all
from secondring.domain.errors import ConfigError
from secondring.domain.settings import CARRIER_ORDER, Overlay, Value, path_of, set_on
from tests.unit.config.conftest import SECRETS, WHERE

MAIN = (
    "  - {name: main, kind: http, url: https://carrier.example/texts, token_file: credential:carrier-token}\n"
)
SPARE = "  - {name: spare, kind: handset, poll: 1s, number_per_day: 500}\n"
THIRD = "  - {name: third, kind: handset}\n"
BOTH = MAIN + SPARE


def layers(carriers: str) -> Layers:
    texts = [EXAMPLE.read_text("utf-8"), f"carriers:\n{carriers}" if carriers else ""]
    files = [Source(name=f"{n + 1}0-clinic.yaml", text=text) for n, text in enumerate(texts)]
    return Layers(sources=(default_source(), *files), where=WHERE)


def on_screen(values: dict[str, Value]) -> Overlay:
    changes = {path_of(key): value for key, value in values.items()}
    return set_on({}, changes, by="A. Admin", at=datetime(2026, 3, 2, tzinfo=UTC), version=4)


def order(*names: str) -> dict[str, Value]:
    return {"carriers._order": list(names)}


def test_a_carrier_keeps_what_was_set_for_it_wherever_the_files_put_it() -> None:
    overlay = on_screen({"carriers.spare.number_per_day": "700", "carriers.spare.senders": ["+12025550123"]})
    for text in (BOTH, SPARE + MAIN, THIRD + MAIN + SPARE):
        found = {one.name: one.keys for one in layers(text).settings(SECRETS.__getitem__, overlay).carriers}
        assert found["spare"].number_per_day == 700
        assert [number.e164 for number in found["spare"].senders] == ["+12025550123"]
        assert found["spare"].poll.total_seconds() == 1, "what is not set on screen is as the files say"
        assert (found["main"].number_per_day, found["main"].senders) == (None, ())


def test_the_order_is_the_screens_and_a_new_one_of_the_files_comes_last() -> None:
    overlay = on_screen(order("spare", "main"))
    settings = layers(BOTH + THIRD).settings(SECRETS.__getitem__, overlay)
    assert [one.name for one in settings.carriers] == ["spare", "main", "third"]
    assert settings.carriers[1].secret("token") == "a-token", "secrets go with their carrier"
    (one,) = settings.disagreements
    assert (one.path, one.file, one.gone) == (CARRIER_ORDER, "20-clinic.yaml:1", ())


def test_both_say_a_key_and_the_file_and_line_are_told() -> None:
    overlay = on_screen({"carriers.spare.number_per_day": "700", "carriers.spare.brand_per_day": "9"})
    (one,) = layers(BOTH).checked(overlay).disagreements
    assert one.file == "20-clinic.yaml:3"
    assert "carriers.spare.number_per_day: 20-clinic.yaml:3 says otherwise" in str(one)
    assert "secondring settings drop carriers.spare.number_per_day" in str(one)
    (moved,) = layers(SPARE + MAIN).checked(overlay).disagreements
    assert moved.file == "20-clinic.yaml:2"


@pytest.mark.parametrize(
    ("key", "value"),
    [("poll", "1000ms"), ("number_per_day", "0500"), ("confirms_opt_out", "no")],
)
def test_the_same_said_in_other_words_is_no_disagreement(key: str, value: str) -> None:
    assert layers(BOTH).checked(on_screen({f"carriers.spare.{key}": value})).disagreements == ()


@pytest.mark.parametrize("left", [MAIN, ""], ids=["one of two", "no list any more"])
def test_a_carrier_that_left_the_files_is_told_and_keeps_nobody_from_starting(left: str) -> None:
    overlay = on_screen({"carriers.spare.number_per_day": "700", **order("spare", "main")})
    settings = layers(left).settings(SECRETS.__getitem__, overlay)
    assert "spare" not in [one.name for one in settings.carriers]
    told = {one.path: one for one in settings.disagreements}
    assert set(told) == {CARRIER_ORDER, ("carriers", "spare", "number_per_day")}
    said = str(told["carriers", "spare", "number_per_day"])
    assert "has no carrier called spare" in said
    assert "set on screen by A. Admin on 2026-03-02 (version 4)" in said
    assert "secondring settings drop carriers.spare.number_per_day" in said


def test_what_the_files_make_impossible_afterwards_names_both_and_the_way_back() -> None:
    """Another kind of carrier under the same name, which cannot do what was set for the former one."""
    vonage = (
        "  - {name: main, kind: vonage, application: a, private_key_file: credential:carrier-token,"
        " signature_secret_file: credential:carrier-token}\n"
    )
    with pytest.raises(ConfigError) as refused:
        layers(f"{vonage}webhooks: {{port: 8481}}\n").checked(on_screen({"carriers.main.line_types": "true"}))
    said = str(refused.value)
    assert "20-clinic.yaml:2 with what was set on screen by A. Admin on 2026-03-02 (version 4)" in said
    assert "secondring settings drop carriers.main`" in said


@pytest.mark.parametrize("slip", ["twilio", "{main: {kind: handset}}", "[main]"])
def test_a_slip_in_the_files_is_not_covered_up(slip: str) -> None:
    source = Source(name="10-clinic.yaml", text=f"{EXAMPLE.read_text('utf-8')}\ncarriers: {slip}\n")
    ours = Layers(sources=(default_source(), source), where=WHERE)
    with pytest.raises(ConfigError, match=r"10-clinic.yaml:\d+: carriers"):
        ours.checked(on_screen({"carriers.main.poll": "9s", **order("main")}))


def test_the_files_stay_as_they_were_read() -> None:
    ours = layers(BOTH)
    before = ours.checked().found
    ours.checked(on_screen({"carriers.spare.poll": "9s", **order("spare", "main")}))
    assert ours.checked().found == before


names = st.sampled_from(["main", "spare", "third", "gone", "_order", ""])
keys = st.sampled_from(["senders", "poll", "number_per_second", "kind", "name", "confirms_opt_out"])
values = st.recursive(
    st.none() | st.text(max_size=6) | st.sampled_from(["5s", "true", "12"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
overlays = st.dictionaries(
    st.tuples(st.just("carriers"), names, keys) | st.just(CARRIER_ORDER), values, max_size=4
)


@given(overlays, st.sampled_from([*map("".join, permutations([MAIN, SPARE, THIRD])), MAIN, ""]))
def test_whatever_is_kept_is_used_or_refused_in_words(
    overlay: dict[tuple[str, ...], Value], text: str
) -> None:
    laid = set_on({}, overlay, by="A. Admin", at=datetime(2026, 3, 2, tzinfo=UTC), version=1)
    found, problems = layers(text).examined(laid)
    assert (found is None) == bool(problems)
    assert all(problem.what and problem.remedy for problem in problems)


orders = st.lists(st.sampled_from(["main", "spare", "third", "gone"]), max_size=6)


@given(orders)
def test_no_order_loses_a_carrier_or_its_place_in_the_files(wanted: list[str]) -> None:
    files, _ = read_all(layers(BOTH + THIRD).sources, WHERE)
    laid = laid_over(files, on_screen(order(*wanted)))
    entries = laid.values["carriers"]
    assert isinstance(entries, list)
    found = [entry["name"] for entry in entries if isinstance(entry, dict)]
    assert sorted(map(str, found)) == ["main", "spare", "third"]
    assert [name for name in dict.fromkeys(wanted) if name != "gone"] == found[: len(set(wanted) - {"gone"})]
    line = {"main": 2, "spare": 3, "third": 4}
    assert all(laid.places["carriers", n].line == line[str(name)] for n, name in enumerate(found))
