"""Renders what the PBX needs to carry texts over its SIP trunk: a context that takes them in, an account that sends."""

from collections.abc import Sequence

from dialplan.asterisk import knows_named_filters
from dialplan.render import LOOPBACK, checked_network, checked_secret, checked_user, template

FAMILY = "secondring-texts"
"""Of the PBX's database; the context has the same name."""
SLOTS = 10_000
"""Texts that can wait for us; more than any clinic gets while we are down."""


def render_texts() -> str:
    """The context for extensions.conf (FreePBX: extensions_custom.conf) that `message_context` names."""
    return template("texts.conf.j2").render(family=FAMILY, slots=SLOTS)


def render_texter(user: str, secret: str, version: str, *, permit: Sequence[str] = LOOPBACK) -> str:
    """The account for manager.conf. Raises ConfigError as `render_manager` does."""
    return template("texter.conf.j2").render(
        user=checked_user(user),
        secret=checked_secret(secret),
        permit=[checked_network(network) for network in permit],
        named_filters=knows_named_filters(version),
    )
