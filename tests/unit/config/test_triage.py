"""The triage ladder in the configuration: what it becomes, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from secondring.domain.errors import ConfigError
from secondring.domain.ladder import DialPlan, Ladder, Order, Target
from tests.unit.config.conftest import SECRETS, configure

DIAL = "ami_dial: {secret_file: 'credential:ami-secret'}\n"
FULL = """
sites:
  maple-street:
    triage:
      steps:
        - {ring: ["1001"]}
        - {ring: ["1002", +1 202 555 0177], order: one-by-one, ring_for: 12s}
        - on_call:
            - {who: "1003", hours: {mon-fri: ["08:00-17:00"]}}
            - {who: +1 202 555 0178, hours: {mon-sun: ["00:00-24:00"]}, days: {2026-12-24: closed}}
      rounds: 3
      last_resort: +1 202 555 0188
      outside: PJSIP/{digits}@trunk
      internal: Local/{number}@originate-skipvm/n
      language: es
"""


def ladder_of(text: str) -> Ladder:
    (site,) = configure(DIAL, text).rules.sites
    assert site.triage is not None
    return site.triage


def test_a_full_ladder() -> None:
    ladder = ladder_of(FULL)
    nurse, cell = Target(number="1002"), Target(number="+12025550177", outside=True)
    assert ladder.steps[0].targets == (Target(number="1001"),)
    assert (ladder.steps[1].targets, ladder.steps[1].order) == ((nurse, cell), Order.ONE_BY_ONE)
    assert ladder.steps[1].ring == timedelta(seconds=12)
    tuesday = datetime(2026, 12, 22, 15, 0, tzinfo=UTC)
    assert [phone.number for phone in ladder.steps[2].on_duty(tuesday)] == ["1003", "+12025550178"]
    assert [p.number for p in ladder.steps[2].on_duty(tuesday + timedelta(days=2))] == ["1003"]
    assert (ladder.rounds, ladder.language) == (3, "es")
    assert ladder.last_resort == Target(number="+12025550188", outside=True)
    assert ladder.dial.string("1001", outside=False) == "Local/1001@originate-skipvm/n"
    assert ladder.spoken == timedelta(seconds=10)


def test_the_defaults_are_the_domains_own() -> None:
    ladder = ladder_of("sites: {maple-street: {triage: {steps: [{ring: ['1001']}]}}}")
    assert ladder == Ladder(steps=ladder.steps)
    assert ladder.dial == DialPlan()


def test_without_a_ladder_nothing_else_is_needed() -> None:
    settings = configure()
    assert settings.rules.sites[0].triage is None
    assert settings.dial is None


def test_the_second_account_has_its_own_secret() -> None:
    dial = configure(DIAL, FULL).dial
    assert dial is not None
    assert (dial.user, dial.secret.get_secret_value()) == (
        "secondring-dial",
        SECRETS["credential:ami-secret"].decode().strip(),
    )


SLIPS = {
    "words": ("{steps: [{ring: [nurse]}]}", ["steps[1].ring[1]", "neither an extension nor a number"]),
    "a dial string": ("{steps: [{ring: ['1001&1002']}]}", ["neither an extension nor a number"]),
    "a variable": ("{steps: [{ring: ['${EXTEN}']}]}", ["neither an extension nor a number"]),
    "not a number": ("{steps: [{ring: ['+1 23']}]}", ["is not a phone number"]),
    "nobody": ("{steps: [{ring_for: 5s}]}", ["steps[1]", "rings nobody"]),
    "no step": ("{steps: []}", ["steps"]),
    "a slip": ("{steps: [{rings: ['1001']}]}", ["Did you mean ring?"]),
    "an option": ("{steps: [{ring: ['1001']}], internal: 'PJSIP/{number},30,g'}", ["is no way to dial"]),
    "two phones": ("{steps: [{ring: ['1001']}], internal: 'PJSIP/{number}&SIP/9'}", ["is no way to dial"]),
    "no number": ("{steps: [{ring: ['1001']}], outside: PJSIP/trunk}", ["is no way to dial"]),
    "no trunk": ("{steps: [{ring: ['1001']}], outside: 'PJSIP/{number}@'}", ["outside", "names no trunk"]),
    "never on call": ("{steps: [{on_call: [{who: '1003'}]}]}", ["on_call[1]", "is never on call"]),
    "only days off": (
        "{steps: [{on_call: [{who: '1003', days: {2026-12-24: closed}}]}]}",
        ["on_call[1]", "is never on call"],
    ),
    "ourselves": (
        "{steps: [{ring: ['1001']}], last_resort: +1 202 555 0123}",
        ["21-more.yaml:1", "last_resort", "rings at sites.maple-street"],
    ),
    "ourselves, as staff dial it": (
        "{steps: [{ring: ['912025550123']}]}",
        ["steps[1].ring[1]", "rings at sites.maple-street"],
    ),
    "ourselves on call": (
        "{steps: [{on_call: [{who: +1 202 555 0123, hours: {mon: ['08:00-09:00']}}]}]}",
        ["steps[1].on_call[1].who", "rings at"],
    ),
    "the emergency number": ("{steps: [{ring: ['911']}]}", ["steps[1].ring[1]", "emergency services"]),
    "with a prefix": ("{steps: [{ring: ['1001']}], last_resort: '9911'}", ["last_resort", "emergency"]),
    "Europe's": ("{steps: [{ring: ['1001']}], last_resort: '112'}", ["last_resort", "emergency"]),
    "a function": ("{steps: [{ring: ['1001']}], outside: 'PJSIP/${DB({number})}'}", ["is no way to dial"]),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named(slip: str) -> None:
    keys, told = SLIPS[slip]
    with pytest.raises(ConfigError) as caught:
        configure(DIAL, f"sites: {{maple-street: {{triage: {keys}}}}}")
    for words in told:
        assert words in str(caught.value), caught.value


def test_a_site_id_that_is_a_slip_is_one_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        configure(DIAL, "sites: {maple-stret: {triage: {steps: [{ring: ['1001']}]}}}")
    assert "1 problem." in str(caught.value)
    assert "21-more.yaml:1: sites.maple-stret" in str(caught.value)
    assert "Did you mean maple-street?" in str(caught.value)


def test_one_bad_step_is_one_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        configure(DIAL, "sites: {maple-street: {triage: {steps: [{ring: [nurse]}]}}}")
    assert "1 problem." in str(caught.value)
    assert "at least one entry" not in str(caught.value)


def test_the_account_that_dials_is_not_the_one_that_listens() -> None:
    with pytest.raises(ConfigError, match=r"ami_dial.user: is the account that listens"):
        configure("ami_dial: {user: secondring, secret_file: 'credential:ami-secret'}")


def test_a_ladder_without_a_last_resort_is_told_loudly_unless_somebody_decided_so() -> None:
    steps = "sites: {maple-street: {triage: {steps: [{ring: ['1001']}]%s}}}"
    (told,) = configure(DIAL, steps % "").cautions
    assert "sites.maple-street.triage.last_resort: is missing" in told
    assert "NOBODY" in told
    decided = configure(DIAL, steps % ", last_resort: none")
    assert decided.cautions == ()
    assert decided.rules.sites[0].triage is not None
    assert decided.rules.sites[0].triage.last_resort is None
    assert configure(DIAL, steps % ", last_resort: +1 202 555 0188").cautions == ()


def test_a_ladder_needs_the_second_account() -> None:
    with pytest.raises(ConfigError, match=r"ami_dial.secret_file.*triage ladder"):
        configure(FULL)
