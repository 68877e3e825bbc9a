"""`doctor` shows one cause as one red line, and says of what hangs on it that it was not looked at."""

from secondring.doctor.causes import collapsed
from secondring.doctor.findings import Finding, Named, bad, well

STOPPED = "not there: listen (stopped), agi (stopped), gateway (stopped), web (stopped)"
HANGING = ("FastAGI port", "booking page", "booking page from outside", "FastAGI from Asterisk", "test call")


def seen(*found: tuple[str, Finding]) -> dict[str, bool | None]:
    return {named.name: named.finding.ok for named in collapsed(Named(*one) for one in found)}


def broken(*names: str) -> list[tuple[str, Finding]]:
    return [(name, bad("it does not answer", "start it")) for name in names]


def test_a_service_that_does_not_run_is_one_red_line() -> None:
    found = list(
        collapsed(Named(*one) for one in [("services", bad(STOPPED, "start it")), *broken(*HANGING)])
    )
    assert [named.name for named in found if named.finding.ok is False] == ["services"]
    for named in found[1:]:
        assert named.finding.evidence.startswith("not looked at, because `")
        assert named.finding.ok is None


def test_what_systemd_knows_of_it_is_the_same_cause() -> None:
    unit = bad("secondring.service is inactive", "systemctl enable --now secondring")
    assert seen(("service", unit), ("services", bad(STOPPED, "start it")), *broken(*HANGING)) == {
        "service": False,
        "services": None,
        **dict.fromkeys(HANGING),
    }


def test_a_service_without_a_link_has_a_reason_of_its_own() -> None:
    unit = bad("secondring.service is inactive", "systemctl enable --now secondring")
    unlinked = bad("there: listen, without a link to the PBX, agi, gateway, web", "see `AMI login` below")
    found = seen(("service", unit), ("services", unlinked), ("FastAGI port", well("takes connections")))
    assert found == {"service": False, "services": False, "FastAGI port": True}


def test_what_fails_beside_another_service_is_red() -> None:
    gone = bad("not there: gateway (stopped); there: listen, agi, web", "start it")
    assert seen(("services", gone), *broken("FastAGI port", "FastAGI from Asterisk", "test call")) == {
        "services": False,
        "FastAGI port": False,
        "FastAGI from Asterisk": None,
        "test call": None,
    }


def test_what_works_stays_green_and_what_hangs_on_nothing_red() -> None:
    assert seen(
        ("services", bad(STOPPED, "start it")), ("FastAGI port", well("ours")), *broken("disk", "carrier")
    ) == {
        "services": False,
        "FastAGI port": True,
        "disk": False,
        "carrier": False,
    }
