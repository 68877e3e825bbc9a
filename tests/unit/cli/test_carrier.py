"""`secondring carrier test`: a text to a phone of the clinic's own, its receipt, the way back, in plain words."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from secondring import wiring
from secondring.carriers import handset
from secondring.cli import app
from secondring.domain import pulse
from secondring.domain.errors import PeerError
from secondring.domain.phone import PhoneNumber
from sms_gateway.carriers.port import Checks, Checkup, Driver
from tests.support.carrier_server import CarrierServer, Silence, Status
from tests.support.terminal import Desk, complains, run, runner

STAFF = PhoneNumber("+12025550199")
TEST = ("carrier", "test", "--to", STAFF.e164, "--by", "ana")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def server() -> Iterator[CarrierServer]:
    with CarrierServer() as running:
        yield running


def by_http(desk: Desk, server: CarrierServer, **more: Any) -> Desk:
    keys = {"carrier": {"kind": "http", "http": {"url": server.url, **more}}}
    (desk.folder / "conf.d" / "zz-carrier.yaml").write_text(yaml.safe_dump(keys))
    return desk.goes_live()


def steps(desk: Desk, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    result = runner.invoke(app, [*desk.begin, *TEST, *words, "--json"], catch_exceptions=False)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return result.exit_code, {row["name"]: row for row in rows}


def texts_to_staff(desk: Desk) -> int:
    with desk.store.reading() as books:
        return books.count_texts_out(since=wiring.now() - timedelta(hours=1), to=STAFF, at_most=9)


def test_a_carrier_that_works_is_proved_from_end_to_end(desk: Desk) -> None:
    code, found = steps(desk.goes_live())
    assert {name: step["ok"] for name, step in found.items()} == {
        "text": True,
        "receipt": True,
        "replies": True,
    }
    assert code == 0
    assert "texts by handset reach this phone" in run(*desk.begin, "handset", "inbox", STAFF.e164)
    with desk.store.reading() as books:
        (entry,) = books.audit(limit=5)
        assert (entry.what, entry.about) == ("secondring carrier test handset", "")
        assert books.last_episode(STAFF) is None, "nobody at the clinic becomes a caller by it"
        assert books.episodes(since=wiring.now() - timedelta(hours=1), until=wiring.now(), limit=5) == []


def test_shadow_mode_refuses_unless_that_one_phone_is_meant(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = complains([*desk.begin, *TEST], monkeypatch, capsys)
    assert (code, "--even-in-shadow" in said) == (1, True)
    assert texts_to_staff(desk) == 0
    assert steps(desk, "--even-in-shadow")[0] == 0
    assert texts_to_staff(desk) == 1


def test_a_refusal_tells_the_code_its_meaning_and_the_remedy(desk: Desk, server: CarrierServer) -> None:
    server.then(Status(401))
    code, found = steps(by_http(desk, server))
    assert code == 69
    assert (found["text"]["ok"], found["text"]["code"]) == (False, "401")
    assert found["text"]["meaning"] == "the gateway does not know our token"
    assert "token_file" in found["text"]["remedy"]
    assert "receipt" not in found
    assert "no way back" in found["replies"]["said"]


def test_for_people_it_says_the_same_in_lines(desk: Desk, server: CarrierServer) -> None:
    server.then(Status(401))
    result = runner.invoke(app, [*by_http(desk, server).begin, *TEST])
    assert "FAIL text     refused" in result.stdout
    assert "the gateway does not know our token" in result.stdout
    assert "→ put the right token" in result.stdout
    assert STAFF.e164 not in result.output


def test_no_answer_is_looked_up_and_never_sent_twice(desk: Desk, server: CarrierServer) -> None:
    server.then(Silence(take=True))
    keys = {"timeout": "1s", "lookup_url": f"{server.url}/{{id}}"}
    _, found = steps(by_http(desk, server, **keys), "--wait", "0")
    assert found["text"]["ok"] is True
    assert len(server.posts_to(STAFF.e164)) == 1


def test_a_door_that_nobody_opens_is_told(desk: Desk, server: CarrierServer, tmp_path: Path) -> None:
    by_http(desk, server)
    secret = tmp_path / "inbound-secret"
    secret.write_text("a-secret-of-the-tests-that-is-long-enough")
    secret.chmod(0o600)
    inbound = {"host": "127.0.0.1", "port": 9, "secret_file": str(secret)}
    _, found = steps(by_http(desk, server, inbound=inbound), "--wait", "0")
    assert found["replies"]["ok"] is False
    assert "port 9 cannot be reached" in found["replies"]["said"]
    assert "start the service" in found["replies"]["remedy"]
    assert "none within 0 s" in found["receipt"]["said"]


def test_a_phone_that_asked_for_no_texts_gets_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*desk.goes_live().begin, "consent", "opt-out", STAFF.e164, "--said", "no texts", "--by", "ana")
    code, said = complains([*desk.begin, *TEST], monkeypatch, capsys)
    assert (code, "gets no texts" in said) == (1, True)
    assert texts_to_staff(desk) == 0


def test_without_a_phone_or_with_an_unknown_carrier_it_says_what_to_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = complains([*desk.goes_live().begin, "carrier", "test", "--by", "ana"], monkeypatch, capsys)
    assert (code, "--to" in said) == (78, True)
    code, said = complains([*desk.begin, *TEST, "--carrier", "nobody"], monkeypatch, capsys)
    assert (code, "there are: handset" in said) == (78, True)


class Asked:
    """A carrier's word on our account."""

    def __init__(self, answer: Checkup | PeerError) -> None:
        self._answer = answer

    async def check(self) -> Checkup:
        if isinstance(self._answer, PeerError):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "ok", "told"),
    [
        (Checkup(ok=True, said="account active"), True, "account active"),
        (Checkup(ok=False, said="refused", code="9999"), False, "refused"),
        (PeerError("no route to the carrier"), False, "no route"),
    ],
)
def test_an_account_that_can_be_asked_about_is_asked_before_anything_is_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: Checkup | PeerError, ok: bool, told: str
) -> None:
    usual = handset.make

    def make(*given: Any) -> Driver:
        checks: Checks = Asked(answer)
        return replace(usual(*given), checks=checks)

    monkeypatch.setattr(handset, "make", make)
    code, found = steps(desk.goes_live())
    assert (found["account"]["ok"], told in found["account"]["said"]) == (ok, True)
    assert code == (0 if ok else 69)
    assert texts_to_staff(desk) == (1 if ok else 0)
    assert bool(found["account"]["remedy"]) is not ok


def test_in_shadow_mode_a_service_that_runs_asks_nobody_so_the_test_does(desk: Desk) -> None:
    with wiring.writing(wiring.load_settings(desk.folder)) as books:
        for service in pulse.Service:
            pulse.keep(books, pulse.State.WORKING, wiring.now(), service)
    code, found = steps(desk, "--even-in-shadow", "--wait", "20")
    assert found["receipt"]["said"] == "the phone has it"
    assert code == 0
