"""A real OpenID Connect provider on loopback: `oidc-provider` on Node, one process for each `with`."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

HOME = Path(__file__).parents[1] / "peers" / "identity-provider"
SECRET = "a secret / with + signs & such"
CLIENT = "secondring"


def need_node() -> None:
    """Skips under `scripts/test --fast`; otherwise what is missing is a failure, with what mends it."""
    missing = shutil.which("node") is None or not (HOME / "node_modules").is_dir()
    if missing and os.environ.get("SECONDRING_FAST"):
        pytest.skip("no Node here, or its packages are not installed: scripts/test sees to both")
    assert not missing, "Node or its packages are missing: scripts/test installs them, --fast does without"


@dataclass(frozen=True)
class IdentityProvider:
    """The running provider."""

    issuer: str
    process: "subprocess.Popen[str]"

    def be(self, account: str, acr: str | None = None, amr: list[str] | None = None) -> None:
        """Who signs in from now on, and how."""
        person = {"account": account} | ({"acr": acr} if acr else {}) | ({"amr": amr} if amr else {})
        httpx.post(f"{self.issuer}/be", json=person).raise_for_status()

    def rotate_keys(self) -> None:
        """A new key for signatures; the old one is gone."""
        httpx.post(f"{self.issuer}/rotate").raise_for_status()

    def stop(self) -> None:
        """It is down."""
        self.process.kill()
        self.process.wait()

    async def visit(self, address: str) -> str:
        """What a person's browser does there; returns the address that it is sent back to."""
        async with httpx.AsyncClient() as browser:
            for _ in range(10):
                answer = await browser.get(address)
                assert answer.has_redirect_location, answer.text
                address = str(httpx.URL(address).join(answer.headers["location"]))
                if not address.startswith(self.issuer):
                    return address
        raise AssertionError("the provider sends the browser about without end")


def answer_in(address: str) -> dict[str, str]:
    """What the provider's answer says."""
    return dict(parse_qsl(urlsplit(address).query))


@contextmanager
def identity_provider(redirect: str, *, quiet_tokens: bool = False) -> Iterator[IdentityProvider]:
    """Up until the end of the block; `quiet_tokens` keep names for the user info."""
    need_node()
    told = json.dumps({"redirect": redirect, "secret": SECRET, "quietTokens": quiet_tokens})
    with subprocess.Popen(
        ["node", "provider.mjs"],
        cwd=HOME,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(told + "\n")
            process.stdin.flush()
            issuer = process.stdout.readline().strip()
            if not issuer:
                process.kill()
                raise AssertionError(process.communicate()[1])
            yield IdentityProvider(issuer, process)
        finally:
            process.kill()
