"""Writes the table of every key into docs/configuration.md, from the schema and the defaults.

`python -m config.reference` brings the page up to date; a test compares the two.
"""

from datetime import timedelta
from pathlib import Path

from config.loader import default_source
from config.problems import Place
from config.tree import Tree, Value, read_all
from config.walk import Leaf, leaves, section_at

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
BEGIN = "<!-- written by `python -m config.reference`: do not edit below -->"
END = "<!-- end of what is written -->"


def reference() -> str:
    """Every key with its default and meaning, a table for each section."""
    defaults, _ = read_all([default_source()], Place(file="default.yaml"))
    lines: list[str] = []
    section: tuple[str, ...] | None = None
    for leaf in leaves():
        if leaf.path[:-1] != section:
            section = leaf.path[:-1]
            lines += _heading(section)
        lines.append(_row(leaf, defaults))
    return "\n".join(lines).strip() + "\n"


def page_with_reference(page: str) -> str:
    """The page with the tables in their place; raises ValueError when the marks are missing."""
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def _heading(path: tuple[str, ...]) -> list[str]:
    name = ".".join(path) or "At the top"
    if path[:2] == ("carriers", "<n>"):
        name = f"carriers, of kind `{path[2]}`"
    section = section_at(path)
    about = (section.__doc__ or "").split("\n")[0] if section and path else ""
    said = ["", about] if about else []
    return ["", f"### {name}", *said, "", "| key | default | meaning |", "|---|---|---|"]


def _row(leaf: Leaf, defaults: Tree) -> str:
    meaning = (leaf.field.description or "").replace("\n", " ").replace("|", "\\|")
    default = _default(leaf, defaults)
    example = _code(str(leaf.field.examples[0])) if leaf.field.examples else default
    shown = f" Example: {example}" if example != default else ""
    return f"| `{leaf.path[-1]}` | {default} | {meaning}{shown} |"


def _default(leaf: Leaf, defaults: Tree) -> str:
    if leaf.path[0] == "routes":
        return "see default.yaml"
    if {"<id>", "<n>"} & set(leaf.path):
        return "**required**" if leaf.field.is_required() else _code(_written(leaf.field.default))
    if defaults.value(leaf.path[:-1]) is None and len(leaf.path) > 1:
        return "**required**"
    value = defaults.value(leaf.path)
    return _code(_written(value)) if value is not None else "*empty*"


def _written(value: Value | timedelta | tuple[()]) -> str:
    """A value as YAML writes it in one line."""
    if isinstance(value, dict):
        return "{}" if not value else "{" + ", ".join(f"{k}: {_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    return str(value) if value is not None and value != "" else ("null" if value is None else '""')


def _code(text: str) -> str:
    if text == "null":
        return "*empty*"
    return "`" + text.replace("|", "\\|") + "`"


if __name__ == "__main__":
    PAGE.write_text(page_with_reference(PAGE.read_text("utf-8")), "utf-8")
