"""`doctor` at a PBX: what it makes of answers that no healthy one gives."""

import asyncio
from pathlib import Path
from typing import Any

from secondring.doctor import pbx
from secondring.doctor.pbx import _company, _not_placed, by_command


class Silent:
    """A link to a PBX on which nobody gives a sign of life; the account may send one."""

    events: tuple[Any, ...] = ()

    async def action(self, _: dict[str, str]) -> Any:
        class Reply:
            @property
            def response(self) -> "Reply":
                return self

            def has(self, name: str) -> bool:
                return name == "UserEvent"

        return Reply()

    async def wait_for(self, *_: Any) -> None:
        return None


def test_in_shadow_mode_nobody_is_sent_to_mend_an_account_that_is_right() -> None:
    found = asyncio.run(_company(Silent(), 0, in_shadow=True))  # type: ignore[arg-type]
    assert (found.ok, found.remedy) == (None, "")
    assert "shadow mode" in found.evidence
    live = asyncio.run(_company(Silent(), 0))  # type: ignore[arg-type]
    assert "install --reload" in live.remedy


async def placed(asterisk: Path) -> str:
    return await by_command([str(asterisk)])("here")


def test_a_pbx_that_cannot_originate_is_told_as_that(tmp_path: Path) -> None:
    """Asterisk ends with 0 when it does not know a command."""
    asterisk = tmp_path / "asterisk"
    asterisk.write_text("#!/bin/sh\necho \"No such command 'channel originate' (type 'core show help')\"\n")
    asterisk.chmod(0o755)
    trouble = asyncio.run(placed(asterisk))
    assert trouble.startswith("No such command")
    assert "res_clioriginate.so" in _not_placed(trouble, pbx.INSTALL).remedy
    assert _not_placed("Extension does not exist.", pbx.INSTALL).remedy.startswith(pbx.INSTALL)


def test_a_call_that_was_placed_is_no_trouble(tmp_path: Path) -> None:
    asterisk = tmp_path / "asterisk"
    asterisk.write_text("#!/bin/sh\necho ''\n")
    asterisk.chmod(0o755)
    assert asyncio.run(placed(asterisk)) == ""
