"""Renders the second AMI account: the one that rings nurses and patients."""

from collections.abc import Sequence

from dialplan.asterisk import knows_named_filters
from dialplan.render import LOOPBACK, checked_network, checked_secret, checked_user, template
from secondring.domain.urgent_case import CHANNEL_PREFIX

EVENTS = ("OriginateResponse", "Hangup", "FullyBooted", "Shutdown")
"""Needed whole; every Hangup, because a waiting caller's is one of them."""
OURS = ("Newstate", "DialBegin", "BridgeEnter", "BridgeLeave")
"""Needed of the channels that we began."""


def render_dialer(user: str, secret: str, version: str, *, permit: Sequence[str] = LOOPBACK) -> str:
    """The account for manager.conf, to stand beside the listener's. Raises ConfigError as `render_manager` does."""
    return template("dialer.conf.j2").render(
        user=checked_user(user),
        secret=checked_secret(secret),
        permit=[checked_network(network) for network in permit],
        events=EVENTS,
        ours=OURS,
        prefix=CHANNEL_PREFIX,
        named_filters=knows_named_filters(version),
    )
