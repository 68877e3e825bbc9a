"""Somebody of the clinic at a real service: set up by command and by the pages, then pressing buttons."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import yaml

from lab.service import Service
from secondring.web.second_factor import code_at

FIRST, OWN = "given by the administrator", "four plain little words"


class StaffBrowser:
    """A browser without script, on plain HTTP on this machine; like a browser, it takes that for safe."""

    def __init__(self, service: Service, name: str, *options: str) -> None:
        config = yaml.safe_load((service.home / "conf.d/10-site.yaml").read_text())
        self._origin = f"http://127.0.0.1:{config['web']['port']}"
        self._cookies: dict[str, str] = {}
        self._http = httpx.Client(base_url=self._origin, trust_env=False)
        service.ask("user", "add", name, *options, stdin=f"{FIRST}\n")
        self._begin(name)

    def __enter__(self) -> "StaffBrowser":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _begin(self, name: str) -> None:
        self.post("/log-in", self.get("/log-in"), {"name": name, "password": FIRST})
        page = self.get("/log-in/set-up")
        found = re.search(r'class="key">([^<]+)<', page)
        assert found is not None, page
        code = code_at(found[1].replace(" ", ""), datetime.now(UTC))
        self.post("/log-in/set-up", page, {"code": code})
        self.post("/account/password", self.get("/account/password"), {"old": FIRST, "new": OWN})

    def get(self, path: str) -> str:
        """A page; it must be there."""
        return self._ask("GET", path).text

    def post(self, path: str, page: str, fields: dict[str, str]) -> httpx.Response:
        """Send a form of that page."""
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
        assert csrf is not None, page
        return self._ask("POST", path, data={"csrf": csrf[1]} | fields, headers={"origin": self._origin})

    def press(self, path_ends: str, page: str) -> httpx.Response:
        """Press the button of the form whose address ends like this."""
        form = re.search(rf'<form method="post" action="([^"]*{path_ends})".*?</form>', page, re.S)
        assert form is not None, page
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        return self.post(form[1], page, hidden)

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = more.pop("headers", {}) | ({"cookie": cookie} if cookie else {})
        answer = self._http.request(method, path, headers=headers, **more)
        for name, value in answer.cookies.items():
            self._cookies[name] = value
        assert answer.status_code in (200, 303), answer.text
        return answer
