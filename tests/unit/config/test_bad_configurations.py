"""Every slip is answered with the file, the line, the value and the remedy."""

import pytest

from secondring.domain.errors import ConfigError
from tests.unit.config.conftest import configure

SITE = """sites:
  two:
    name: Second Clinic
    phone: +1 202 555 0130
    zone: America/New_York
    hours: {mon-fri: ["08:00-17:00"]}
"""

MAIL = "mail: {host: mail.clinic.example, sender: us@clinic.example"
MQTT = "mqtt: {host: mqtt.clinic.example"
SLIPS = {
    "mail to nobody's server": ("alarms: {mail: [a@b.example]}", ["mail.host", "alarms.mail names somebody"]),
    "no sender": ("mail: {host: mail.clinic.example}", ["mail.sender", "is missing"]),
    "no address": ("alarms:\n  mail:\n    - Ana <a@b.example>\n", ["20-more.yaml:3: alarms.mail[1]", "bare"]),
    "mail in the clear": (MAIL + ", security: none}", ["mail.host", "not encrypted", "starttls"]),
    "user without password": (MAIL + ", user: us}", ["mail.password_file", "mail.user is there"]),
    "password without user": (MQTT + ", password_file: credential:key}", ["mqtt.user", "Give both"]),
    "mqtt in the clear": (MQTT + ", tls: false}", ["mqtt.host", "not encrypted", "mqtt.tls"]),
    "no phone for alarms": ("alarms: {texts: [2025550177]}", ["alarms.texts[1]", "not a phone number"]),
    "unknown key": ("ami:\n  prot: 5038\n", ["20-more.yaml:2: ami.prot:", "Did you mean port?"]),
    "no place of a record": ("records: {cel: {place: master.csv}}", ["records.cel.place", "asteriskcdrdb"]),
    "password in an address": (
        "records: {cdr: {place: 'mysql://u:secret@h/n'}}",
        ["records.cdr.place", "holds a password", "password_file"],
    ),
    "no column": ("records: {cdr: {time_column: 'a; b'}}", ["records.cdr.time_column", "calldate"]),
    "no zone": ("records: {zone: Mars/Base}", ["records.zone"]),
    "no text": ("ami:\n  port: \x00\x01\n", ["20-more.yaml:2:", "characters that YAML does not allow"]),
    "unknown section": ("amy: {}\n", ["20-more.yaml:1: amy:", "Did you mean ami?"]),
    "nothing like it": ("log: {colour: red}\n", ["log.colour", "known here: level"]),
    "not a number": (
        "ami:\n  port: abc\n",
        ["20-more.yaml:2: ami.port:", "not a whole number", "'abc'", "5038"],
    ),
    "number too large": ("ami: {port: 70000}", ["ami.port", "more than 65535", "'70000'"]),
    "number too small": ("gateway: {per_second: 0}", ["gateway.per_second", "less than 1", "'0'"]),
    "not a boolean": ("ami: {tls: maybe}", ["ami.tls", "neither true nor false", "'maybe'"]),
    "no such choice": ("carrier: {kind: pigeon}", ["carrier.kind", "'handset' or 'http'", "'pigeon'"]),
    "no such intent": ("routes: {fax: {queue: billing}}", ["routes.fax", "none of"]),
    "no such queue": ("routes: {book: {queue: sales}}", ["routes.book.queue", "'sales'", "front-desk"]),
    "no such reason": ("guards: {no_text_reasons: [rude]}", ["guards.no_text_reasons[1]", "'rude'"]),
    "mapping wanted": ("ami: 5", ["ami: is not a mapping", "'5'"]),
    "list wanted": ("pbx: {inbound_contexts: from-pstn}", ["pbx.inbound_contexts", "not a list"]),
    "value wanted": ("ami: {host: [a, b]}", ["ami.host", "not a single value"]),
    "no unit": ("guards: {settle: 2}", ["guards.settle", "not a length of time", "'2'", "2s"]),
    "endless": ("guards: {settle: 999999999d999999999d}", ["guards.settle", "longer than anybody lives"]),
    "nothing": ("guards: {window: 0}", ["guards.window", "longer than nothing"]),
    "urgent as a section": (
        "urgent: {steps: []}",
        ["urgent: is a key", "sites.<id>.triage", "docs/urgent.md"],
    ),
    "a list is shown": (
        'sites: {maple-street: {hours: {fri: ["8-12"]}}}',
        ["hours.fri", "no period of the day (found ['8-12'])"],
    ),
    "what was meant is shown": (
        "carriers:\n- {kind: http, name: main, url: 'https://c.example/', from: front}\n",
        ["20-more.yaml:2: carriers[1].from", "(found 'front')", "Did you mean senders?"],
    ),
    "zone": (
        "sites: {maple-street: {zone: America/Newyork}}",
        ["sites.maple-street.zone", "'America/Newyork'", "Did you mean America/New_York?"],
    ),
    "fantasy zone": ("sites: {maple-street: {zone: ../../etc/passwd}}", ["zone", "not a time zone"]),
    "day": (
        "sites:\n  maple-street:\n    hours:\n      monday: closed\n",
        ["20-more.yaml:4: sites.maple-street.hours.monday", "mon-fri"],
    ),
    "days backwards": ("sites: {maple-street: {hours: {fri-mon: closed}}}", ["runs backwards"]),
    "day twice": (
        'sites: {maple-street: {hours: {tue: ["08:00-12:00"]}}}',
        ["names tue a second time", "Say each day once"],
    ),
    "periods overlap": (
        'sites: {maple-street: {hours: {fri: ["08:00-12:00", "11:00-13:00"]}}}',
        ["hours.fri", "overlap"],
    ),
    "closes first": ('sites: {maple-street: {hours: {fri: ["17:00-08:00"]}}}', ["closes before it opens"]),
    "25 o'clock": ('sites: {maple-street: {hours: {fri: ["08:00-25:00"]}}}', ["does not exist", "24:00"]),
    "no period": ("sites: {maple-street: {hours: {fri: 8 to 5}}}", ["hours.fri", "08:00-12:00", "'8 to 5'"]),
    "date": (
        "sites: {maple-street: {holidays: {2026-02-30: Never}}}",
        ["holidays.2026-02-30", "not a date", "2026-12-25"],
    ),
    "two kinds of day": (
        'sites: {maple-street: {special_days: {2026-12-25: ["08:00-12:00"]}}}',
        ["special_days.2026-12-25", "is a holiday as well"],
    ),
    "number": ("sites: {maple-street: {phone: 12345}}", ["maple-street.phone", "'12345'", "country code"]),
    "one of the numbers": (
        "sites:\n  maple-street:\n    dids:\n      - +1 202 555 0123\n      - front door\n",
        ["20-more.yaml:5: sites.maple-street.dids[2]", "'front door'"],
    ),
    "country": ("guards: {countries: [USA]}", ["guards.countries[1]", "'USA'", "ISO 3166"]),
    "pattern": (
        "pbx: {inbound_contexts: ['from-(pstn']}",
        ["inbound_contexts[1]", "not a regular expression"],
    ),
    "name": ("pbx: {name: My PBX!}", ["pbx.name", "'My PBX!'", "a-z"]),
    "empty name": ('sites: {maple-street: {name: ""}}', ["maple-street.name", "empty"]),
    "endless name": (f"sites: {{maple-street: {{name: {'x' * 61}}}}}", ["longer than 60 characters", "…"]),
    "two lines": ('sites: {maple-street: {name: "a\\nb"}}', ["maple-street.name", "one line"]),
    "relative path": ("messages: {directory: mine}", ["messages.directory", "Begin it with /"]),
    "database": ("database: {url: 'mysql://me@db/x'}", ["database.url", "sqlite:////var", "postgresql://"]),
    "far database": (
        "database: {url: 'postgresql://me@db.example/x?sslmode=require'}",
        ["database.url", "whoever answers", "sslmode=verify-full"],
    ),
    "far database, said in the query": (
        "database: {url: 'postgresql://me@/x?host=/run/postgresql,db.example'}",
        ["database.url", "sslmode=verify-full"],
    ),
    "database without a name": (
        "database: {url: 'postgresql://me@localhost'}",
        ["postgresql://USER@HOST/NAME"],
    ),
    "what libpq is not told": ("database: {url: 'postgresql:///x?options=-c'}", ["not known here: options"]),
    "database port": (
        "database: {url: 'postgresql://h:a/x'}",
        ["not a database's address", "postgresql://USER@HOST/NAME"],
    ),
    "plain http": ("carrier: {http: {url: 'http://carrier.example/'}}", ["carrier.http.url", "https://"]),
    "no web address": ("carrier: {http: {url: 'https://[::1'}}", ["carrier.http.url", "web address"]),
    "carrier without address": ("carrier:\n  kind: http\n", ["20-more.yaml:1: carrier.http.url: is missing"]),
    "far PBX": ("ami:\n  host: 203.0.113.9\n", ["20-more.yaml:2: ami.host", "not encrypted", "ami.tls"]),
    "shared DID": (
        SITE + "    dids: [+1 202 555 0130, +1 202 555 0124]\n",
        ["20-more.yaml:7: sites.two.dids[2]", "rings at sites.maple-street too"],
    ),
    "missing": ("sites:\n  two:\n    name: Second\n", ["20-more.yaml:2: sites.two.phone: is missing", "Add"]),
    "site id": ("sites: {Big City: {}}", ["sites.Big City", "a-z"]),
    "not YAML": ("ami:\n  host: [\n", ["20-more.yaml:", "is not valid YAML", "this line"]),
    "tabs": ("ami:\n\thost: x\n", ["20-more.yaml:2", "is not valid YAML"]),
    "two documents": ("ami: {}\n---\nami: {}\n", ["20-more.yaml:2", "is not valid YAML"]),
    "control characters": ("ami: \x01\n", ["20-more.yaml", "characters"]),
    "list at the top": ("- ami\n", ["20-more.yaml:1", "not a mapping"]),
    "key twice": ("ami: {}\nlog: {}\nami: {}\n", ["20-more.yaml:3: ami: is written twice"]),
    "strange key": ("? [a]\n: b\n", ["20-more.yaml:1", "no plain word"]),
    "endless alias": ("a: &a [*a]\n", ["20-more.yaml:1", "has no end"]),
    "brackets": ("[" * 2000, ["20-more.yaml", "is not valid YAML"]),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_told_with_place_value_and_remedy(name: str) -> None:
    text, parts = SLIPS[name]
    with pytest.raises(ConfigError) as raised:
        configure(text)
    message = str(raised.value)
    assert [part for part in parts if part not in message] == [], message


def test_all_slips_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match=r"3 problems") as raised:
        configure("ami: {prot: 1, port: x}\n", "log:\n  level: loud\n")
    assert len(str(raised.value).splitlines()) == 4
    assert "21-more.yaml:2: log.level" in str(raised.value)


LITERALS = {
    "secret in the AMI section": ("ami: {secret: hunter2}", "secret_file"),
    "secret as its own file": ("ami: {secret_file: hunter2}", "credential:NAME"),
    "token": ("carrier: {http: {token: hunter2}}", "token_file"),
    "key": ("database: {key: hunter2}", "key_file"),
    "in an address": (
        "carrier: {http: {url: 'https://me:hunter2@carrier.example/'}}",
        "secrets come from files",
    ),
    "in the database address": ("database: {url: 'postgresql://me:hunter2@db/x'}", "database.password_file"),
    "in the database query": (
        "database: {url: 'postgresql:///x?password=hunter2'}",
        "database.password_file",
    ),
}


@pytest.mark.parametrize("name", LITERALS)
def test_a_secret_in_the_yaml_is_refused_and_not_repeated(name: str) -> None:
    text, remedy = LITERALS[name]
    with pytest.raises(ConfigError) as raised:
        configure(text)
    assert remedy in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_blocked_number_that_is_none_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as raised:
        configure("guards:\n  blocked:\n    - 202 555 0142\n")
    assert "20-more.yaml:3: guards.blocked[1]" in str(raised.value)
    assert "0142" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["mysql://u:a-secret@h/n", "mysql://:a-secret@h/n", "mysql://u:a-/secret@h/n"]
)
def test_a_password_in_the_address_of_a_record_is_not_repeated(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        configure(f"records: {{cel: {{place: '{address}'}}}}")
    assert "secret" not in str(refused.value)


def test_every_wrong_day_is_told() -> None:
    text = (
        "sites:\n  maple-street:\n    hours:\n      fryday: closed\n      sat: 8 to 5\n      sun: ['9-1']\n"
    )
    with pytest.raises(ConfigError) as refused:
        configure(text)
    told = str(refused.value).splitlines()
    assert told[0].endswith("3 problems.")
    for line, day in zip((4, 5, 6), ("fryday", "sat", "sun"), strict=True):
        assert any(f"20-more.yaml:{line}: sites.maple-street.hours.{day}: " in one for one in told)


def test_a_broken_file_hides_no_slip_in_another_one() -> None:
    with pytest.raises(ConfigError) as refused:
        configure(
            "guards:\n  settle: 2s\n   window: 1d\n",
            "ami: {port: abc}\n",
            "log:\n  level: info\n  level: debug\n",
        )
    told = str(refused.value)
    assert "20-more.yaml:3: is not valid YAML" in told
    assert "21-more.yaml:1: ami.port: is not a whole number (found 'abc')" in told
    assert "22-more.yaml:3: log.level: is written twice" in told
    assert "3 problems." in told, "nothing is called missing that the broken file may hold"


def test_a_missing_secret_is_told_with_the_slips() -> None:
    with pytest.raises(ConfigError) as refused:
        configure("ami: {port: abc, secret_file: /nowhere/ami-secret}\n")
    told = str(refused.value)
    assert "2 problems." in told
    assert "ami.port: is not a whole number" in told
    assert "20-more.yaml:1: ami.secret_file: names /nowhere/ami-secret, which does not exist" in told


def test_the_value_of_an_unknown_key_is_shown_only_where_it_cannot_be_a_secret() -> None:
    with pytest.raises(ConfigError) as refused:
        configure("mail: {host: m.example, sender: us@m.example, pasword: hunter2, thing: sesame}\n")
    told = str(refused.value)
    assert "hunter2" not in told
    assert "sesame" not in told
    assert told.count("its value is not shown, for it may be a secret") == 2
