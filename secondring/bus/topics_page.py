"""Writes the topics, and the schema of each message, into docs/mqtt.md.

`python -m secondring.bus.topics_page` brings the page up to date; a test compares the two.
"""

from pathlib import Path
from typing import Any

from secondring.bus.site_topics import BETWEEN_SITES
from secondring.bus.topics import CATALOGUE, Topic

PAGE = Path(__file__).parents[2] / "docs" / "mqtt.md"
BEGIN = "<!-- written by `python -m secondring.bus.topics_page`: do not edit below -->"
END = "<!-- end of what is written -->"
SITES = """## Between site boxes and their centre

On the broker that `secondring sites broker` makes the files for, by certificate; `<box>` is the box's `pbx.name`. What
is said is sealed (docs/sites.md): the broker sees the first schema, box and centre that of what is sealed in it too."""


def page_with_topics(page: str) -> str:
    """The page with the topics in their place; raises ValueError when the marks are missing."""
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    ours = "\n\n".join((_topics(), _messages(), SITES, _site_topics(), _site_messages()))
    return f"{before}{BEGIN}\n\n{ours}\n\n{END}{after}"


def _topics() -> str:
    head = "| topic | retained | who says it | what | schema |\n|---|---|---|---|---|"
    return "\n".join([head, *(_topic(topic) for topic in CATALOGUE)])


def _topic(topic: Topic) -> str:
    kept = "yes" if topic.retained else "no"
    return f"| `{topic.pattern}` | {kept} | {topic.by} | {topic.what} | `{topic.schema}` |"


def _messages() -> str:
    return _told({topic.schema: topic.read_schema() for topic in CATALOGUE})


def _site_topics() -> str:
    head = "| topic | retained | who says it | what | schema | sealed in it |\n|---|---|---|---|---|---|"
    rows = (f"{_topic(topic)} {f'`{topic.inside}`' if topic.inside else ''} |" for topic in BETWEEN_SITES)
    return "\n".join([head, *(row.replace("|  |", "| |") for row in rows)])


def _site_messages() -> str:
    known = {topic.schema for topic in CATALOGUE}
    schemas = {topic.schema: topic.read_schema() for topic in BETWEEN_SITES if topic.schema not in known}
    return _told(schemas | {topic.inside: topic.read_inside() for topic in BETWEEN_SITES if topic.inside})


def _told(schemas: dict[str, dict[str, Any]]) -> str:
    return "\n\n".join(_message(file, schema) for file, schema in schemas.items())


def _message(file: str, schema: dict[str, Any]) -> str:
    head = f"### {schema['title']}: `{file}`\n\n{schema['description']}\n\n| field | is | |\n|---|---|---|"
    return "\n".join([head, *(_field(name, field) for name, field in schema["properties"].items())])


def _field(name: str, field: dict[str, Any]) -> str:
    if "const" in field:
        shape = f"`{field['const']}`"
    elif "enum" in field:
        shape = ", ".join(f"`{value}`" for value in field["enum"])
    else:
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        shape = " or ".join(kinds)
    return f"| `{name}` | {shape} | {field.get('description', '')} |".replace("|  |", "| |")


if __name__ == "__main__":
    PAGE.write_text(page_with_topics(PAGE.read_text("utf-8")), "utf-8")
