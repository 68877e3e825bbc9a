"""The catalogue of topics: complete, and each with a schema that is one."""

import pytest
from jsonschema import Draft202012Validator

from secondring.bus.topics import CATALOGUE, Topic, topic_of
from secondring.bus.topics_page import PAGE, page_with_topics
from tests.support.schemas import breaches


@pytest.mark.parametrize("topic", CATALOGUE, ids=lambda topic: topic.pattern)
def test_each_has_a_schema_with_its_version_and_forbids_no_field_that_is_added_later(topic: Topic) -> None:
    schema = topic.read_schema()
    Draft202012Validator.check_schema(schema)
    assert topic.schema.endswith(f"-{schema['properties']['v']['const']}.json")
    assert "v" in schema["required"]
    assert schema["additionalProperties"] is True


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("secondring/pbx/status", "presence-1.json"),
        ("secondring/pbx/services/agi", "presence-1.json"),
        ("secondring/pbx/bell/work", "bell-1.json"),
        ("secondring/pbx/main/urgent", "lamp-1.json"),
        ("secondring/pbx/main/urgent/event", "urgent-event-1.json"),
        ("secondring/pbx/alarm", "alarm-1.json"),
        ("secondring/pbx/main/alarm", "alarm-1.json"),
    ],
)
def test_a_topic_is_known_by_its_pattern(name: str, schema: str) -> None:
    found = topic_of(name)
    assert found is not None
    assert found.schema == schema


def test_what_breaks_a_schema_or_is_in_no_catalogue_is_found() -> None:
    assert breaches("secondring/pbx/bell/work", {"v": 1, "from": "agi"}) == []
    assert breaches("secondring/pbx/bell/work", {"v": 1, "from": "+12025550123"})
    assert breaches("secondring/pbx/bell/work", {"v": 2, "from": "agi"})
    assert breaches("secondring/pbx/bell/work", {"v": 1, "from": "agi"}, retained=True)
    assert breaches("secondring/pbx/bell", {"v": 1})


def test_the_page_is_what_the_catalogue_says() -> None:
    """`python -m secondring.bus.topics_page` brings it up to date."""
    page = PAGE.read_text("utf-8")
    assert page_with_topics(page) == page
