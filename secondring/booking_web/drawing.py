"""From words and values to HTML."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from secondring.booking_web.words import OTHER, WORDS
from secondring.domain.phone import spoken_form
from secondring.domain.rules import Site

HERE = Path(__file__).parent
STYLE = (HERE / "static" / "booking.css").read_text("utf-8")


class Paper:
    """Draws the pages."""

    def __init__(self) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def draw(
        self, page: str, language: str, context: Mapping[str, Any], *, status: int = 200
    ) -> HTMLResponse:
        """A page, ready to send. `sites` in the context are those whose phone stands on top."""
        values = {"words": WORDS[language], "language": language, "other": OTHER[language]} | dict(context)
        return HTMLResponse(self._jinja.get_template(f"{page}.html.j2").render(values), status)

    def message(
        self, name: str, language: str, sites: tuple[Site, ...], *, status: int, retry: int | None = None
    ) -> HTMLResponse:
        """A page that only says something, with the phone: `gone`, `hasty` or `failed`."""
        words = WORDS[language]
        context = {"title": words[name], "text": words[f"{name}_text"], "sites": [contact(s) for s in sites]}
        response = self.draw("message", language, context | {"here": None}, status=status)
        if retry is not None:
            response.headers["retry-after"] = str(retry)
        return response


def contact(site: Site) -> dict[str, str]:
    """How to reach a site; the number is the clinic's own."""
    return {
        "name": site.name,
        "phone": spoken_form(site.phone, site.region),
        "dial": f"tel:{site.phone.e164}",
    }
