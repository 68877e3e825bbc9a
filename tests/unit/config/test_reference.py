"""The documentation of the keys is the schema's own."""

import yaml

from config.carriers import KINDS
from config.loader import DEFAULTS
from config.reference import PAGE, page_with_reference, reference
from config.walk import leaves


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert page_with_reference(page) == page, "run: python -m config.reference"


def test_every_key_says_what_it_means_and_shows_how_to_write_it() -> None:
    mute = [leaf.path for leaf in leaves() if not (leaf.field.description and leaf.field.examples)]
    assert mute == []


def test_every_key_outside_the_sites_has_a_default_in_the_packaged_file() -> None:
    defaults = yaml.safe_load(DEFAULTS.read_text("utf-8"))
    for leaf in leaves():
        if {"<id>", "<n>"} & set(leaf.path) or "inbound" in leaf.path:
            continue
        here = defaults
        for part in leaf.path:
            assert part in here, leaf.path
            here = here[part]


def test_the_tables_tell_what_is_required() -> None:
    sections = [part for part in reference().split("\n### ") if not part.startswith("carriers, of kind")]
    rows = [line for part in sections for line in part.splitlines() if "**required**" in line]
    assert [row.split("`")[1] for row in rows] == [
        "host",
        "port",
        "secret_file",
        "sites",
        "seal_file",
        "name",
        "phone",
        "zone",
        "hours",
        "name",
        "length",
        "url",
        "schedules",
        "who",
    ]


def test_every_kind_of_carrier_has_its_own_table() -> None:
    for kind in KINDS:
        name = kind.model_fields["kind"].examples
        assert name is not None
        assert f"### carriers, of kind `{name[0]}`" in reference()
