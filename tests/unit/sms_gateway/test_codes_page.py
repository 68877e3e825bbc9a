"""What the page says of codes is what the gateway does."""

from sms_gateway.codes_page import PAGE, page_with_tables, tables
from sms_gateway.reactions import kinds, table_of


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text("utf-8")
    assert page_with_tables(page) == page, "run: python -m sms_gateway.codes_page"


def test_every_code_of_every_carrier_is_on_it() -> None:
    written = tables()
    for kind in kinds():
        section = written.split(f"### {kind}\n", 1)[1].split("\n### ", 1)[0]
        for code in table_of(kind).rows:
            assert f"`{code}`" in section or code in ("4xx", "5xx")
        assert "any other" in section
