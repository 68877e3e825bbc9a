"""A patient at the booking page: opens the link, taps the first time there is, says yes. No scripts are needed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx

from lab.errors import LabError

SECONDS = 10.0


def book_first_time(link: str, *, first_name: str) -> str:
    """Book the earliest time that the page offers; returns when it is, in the page's words."""
    with httpx.Client(follow_redirects=True, timeout=SECONDS) as browser:
        page = _page(browser.get(link))
        if page.form("hold") is None:  # several kinds of visit: the first one
            page = _page(browser.get(page.absolute(page.choice)))
        page = _send(browser, page, "hold")
        page = _send(browser, page, "confirm", first_name=first_name)
        return page.booked_for


@dataclass
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    """What a visitor can tap: forms with their first button, and links."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._forms: list[_Form] = []
        self._inside = ""
        self.choice = ""
        self.heading = ""
        self.booked_for = ""

    def absolute(self, path: str) -> str:
        """Where a link of this page leads."""
        return urljoin(self._address, path)

    def form(self, name: str) -> _Form | None:
        """The form whose address ends so."""
        return next((one for one in self._forms if urlsplit(one.action).path.endswith(f"/{name}")), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of what can be tapped."""
        having = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._forms.append(_Form(having["action"]))
        elif tag in ("input", "button") and self._forms and "name" in having:
            self._forms[-1].fields.setdefault(having["name"], having.get("value", ""))
        elif tag == "a" and having.get("class") == "button":
            self.choice = self.choice or having["href"]
        elif tag == "h1" or having.get("class") == "strong":
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        """The words that matter are over."""
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        """Words."""
        if self._inside == "h1":
            self.heading = f"{self.heading} {data}".strip()
        elif self._inside == "dd":
            self.booked_for = f"{self.booked_for} {data}".strip()


def _page(answer: httpx.Response) -> _Page:
    if answer.is_error:
        raise LabError(f"the booking page answers {answer.status_code}")
    page = _Page(str(answer.url))
    page.feed(answer.text)
    return page


def _send(browser: httpx.Client, page: _Page, name: str, **typed: str) -> _Page:
    form = page.form(name)
    if form is None:
        raise LabError(f"the booking page has no form {name!r}; it says: {page.heading}")
    filled = {key: typed.get(key, value) for key, value in form.fields.items()}
    return _page(browser.post(page.absolute(form.action), data=filled))
