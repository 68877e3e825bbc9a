"""`doctor` asks a carrier about the account where it can be asked, and sends nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from secondring import wiring
from secondring.carriers import http
from secondring.cli import app
from secondring.doctor.findings import Finding
from secondring.doctor.machine import own_checks
from secondring.domain.errors import PeerError
from sms_gateway.carriers.null import NullCarrier
from sms_gateway.carriers.port import Checkup, Driver
from tests.support.carrier_server import CarrierServer
from tests.support.terminal import a_clinic, runner


class Asked:
    """A carrier's word on our account."""

    def __init__(self, answer: Checkup | PeerError) -> None:
        self._answer = answer

    async def check(self) -> Checkup:
        if isinstance(self._answer, PeerError):
            raise self._answer
        return self._answer


@pytest.fixture
def server() -> Iterator[CarrierServer]:
    with CarrierServer() as running:
        yield running


def found(folder: Path, server: CarrierServer) -> Finding:
    a_clinic(folder)
    keys = {"carrier": {"kind": "http", "http": {"url": server.url}}}
    (folder / "conf.d" / "zz-carrier.yaml").write_text(yaml.safe_dump(keys))
    checks = {check.name: check for check in own_checks(wiring.load_settings(folder))}
    return checks["carrier"].run()


def test_without_a_question_to_ask_it_is_only_greeted(tmp_path: Path, server: CarrierServer) -> None:
    finding = found(tmp_path, server)
    assert (finding.ok, "answers (TCP)" in finding.evidence) == (True, True)
    assert server.posts == []


def test_trouble_of_one_hides_no_other(tmp_path: Path, server: CarrierServer) -> None:
    a_clinic(tmp_path)
    carriers = [
        {"name": "broken", "kind": "http", "url": "http://127.0.0.1:1/"},
        {"name": "phones", "kind": "handset"},
        {"name": "spare", "kind": "http", "url": server.url},
    ]
    (tmp_path / "conf.d" / "zz-carriers.yaml").write_text(yaml.safe_dump({"carriers": carriers}))
    checks = own_checks(wiring.load_settings(tmp_path))
    seen = {check.name: check.run().ok for check in checks if check.name.startswith("carrier")}
    assert seen == {"carrier broken": False, "carrier phones": None, "carrier spare": True}


def test_remedies_can_be_typed_as_they_stand(tmp_path: Path, server: CarrierServer) -> None:
    begin = a_clinic(tmp_path)
    gone = ["--asterisk-conf", str(tmp_path / "asterisk.conf")]
    shown = runner.invoke(app, [*begin, "doctor", *gone], catch_exceptions=False).stdout
    assert f"`secondring --config {tmp_path} mode live` ends it" in shown
    (tmp_path / "state/secondring.db").unlink()
    shown = runner.invoke(app, [*begin, "doctor", *gone], catch_exceptions=False).stdout
    assert f"`secondring --config {tmp_path} migrate`" in shown
    assert "`secondring mode" not in shown


@pytest.mark.parametrize(
    ("answer", "ok", "evidence", "remedy"),
    [
        (Checkup(ok=True, said="account active, 2 numbers"), True, "account active, 2 numbers", ""),
        (Checkup(ok=False, said="refused", code="401"), False, "does not know our token", "token_file"),
        (Checkup(ok=False, said="strange", code="Z9"), False, "strange", "look"),
        (PeerError("no answer within 10 s"), False, "no answer within 10 s", "keys of the carrier"),
    ],
)
def test_the_account_is_asked_about(
    tmp_path: Path,
    server: CarrierServer,
    monkeypatch: pytest.MonkeyPatch,
    answer: Checkup | PeerError,
    ok: bool,
    evidence: str,
    remedy: str,
) -> None:
    def make(*_given: Any) -> Driver:
        return Driver(carrier=NullCarrier(confirms_opt_out=False), checks=Asked(answer))

    monkeypatch.setattr(http, "make", make)
    finding = found(tmp_path, server)
    assert (finding.ok, evidence in finding.evidence, remedy in (finding.remedy or "")) == (ok, True, True), (
        finding
    )
    assert server.posts == []
