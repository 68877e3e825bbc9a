"""Whatever stands in a file: settings or a ConfigError, nothing else."""

import contextlib

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.schema import Configuration, SiteKeys
from secondring.domain.errors import ConfigError
from tests.unit.config.conftest import configure

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no finding."""

KEYS = st.sampled_from([*Configuration.model_fields, *SiteKeys.model_fields, "port", "settle", "book"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.dates()
    | st.sampled_from(["10m", "08:00-12:00", "mon-fri", "+12025550123", "US", "credential:key", "http"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@unhurried
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_a_random_mapping(values: dict[str, object]) -> None:
    with contextlib.suppress(ConfigError):
        configure(yaml.safe_dump(values))


@unhurried
@given(st.dictionaries(st.sampled_from([*SiteKeys.model_fields]), VALUES, max_size=6))
def test_a_random_site(values: dict[str, object]) -> None:
    with contextlib.suppress(ConfigError):
        configure(yaml.safe_dump({"sites": {"maple-street": values}}))


@unhurried
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.sampled_from("{}[]:,&*!|>'\"%@`-? \n")))
def test_random_text(text: str) -> None:
    with contextlib.suppress(ConfigError):
        configure(text)
