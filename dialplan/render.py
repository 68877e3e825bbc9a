"""Writes the pieces of Asterisk configuration that Second Ring needs; never a whole file of the PBX's own."""

import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from dialplan.asterisk import knows_named_filters
from secondring.domain.errors import ConfigError

TEMPLATES = Path(__file__).parent / "templates"
LOOPBACK = ("127.0.0.1/255.255.255.255",)
MIN_SECRET = 16
"""Characters; shorter secrets can be guessed by whoever reaches the port."""

EVENTS = (
    "Newchannel",
    "DialBegin",
    "DialEnd",
    "BridgeEnter",
    "BridgeLeave",
    "LocalBridge",
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueCallerAbandon",
    "ParkedCall",
    "UnParkedCall",
    "ParkedCallGiveUp",
    "ParkedCallTimeOut",
    "Hangup",
    "FullyBooted",
    "Shutdown",
)
"""Events that are needed whole, named as Asterisk sends them."""

NARROWED = (
    ("Newstate", "ChannelStateDesc", ("Up",)),
    ("Newexten", "Application", ("VoiceMail",)),
    (
        "VarSet",
        "Variable",
        tuple(
            underscores + name
            for name in ("QUEUESTATUS", "VMSTATUS", "DIALSTATUS", "FROM_DID", "CALLINGNUMPRES_SV")
            for underscores in ("", "_", "__")
        ),
    ),
    ("UserEvent", "UserEvent", ("SecondRing",)),
)
"""Events that are needed only with certain values of a header: all of them would be nine tenths of the
traffic. A variable shows on the wire with the underscores that it was set with."""


def render_manager(user: str, secret: str, version: str, *, permit: Sequence[str] = LOOPBACK) -> str:
    """The listener's account for manager.conf (FreePBX: manager_custom.conf): may read calls, change nothing.

    `permit` are the networks that may log in, as address/mask. Raises ConfigError when a value cannot be
    written safely, or the version is not one of Asterisk's.
    """
    return template("manager.conf.j2").render(
        user=checked_user(user),
        secret=checked_secret(secret),
        permit=[checked_network(network) for network in permit],
        events=EVENTS,
        narrowed=NARROWED,
        named_filters=knows_named_filters(version),
    )


def template(name: str) -> Template:
    """A template of ours; a name that it does not get is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Asterisk configuration, not HTML
    )
    return environment.get_template(name)


def checked_user(user: str) -> str:
    """The name, or ConfigError."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", user) or user == "general":
        raise ConfigError(f"AMI user {user!r}: use letters, digits, - and _, and not `general`")
    return user


def checked_secret(secret: str) -> str:
    """Refuse what manager.conf would read differently: `;` begins a comment, spaces at the ends are lost."""
    if len(secret) < MIN_SECRET:
        raise ConfigError(f"the AMI secret has {len(secret)} characters; use {MIN_SECRET} or more")
    if not re.fullmatch(r"[!-:<-~]+", secret):
        raise ConfigError("the AMI secret may hold only printable ASCII without spaces and without `;`")
    return secret


def checked_network(network: str) -> str:
    """The network, or ConfigError."""
    if not re.fullmatch(r"[0-9A-Fa-f.:]+(/[0-9.]+)?", network):
        raise ConfigError(f"AMI permit {network!r}: give an address, or address/mask")
    return network
