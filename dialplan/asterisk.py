"""What an Asterisk version can and cannot do, as far as our configuration depends on it."""

import re

from secondring.domain.errors import ConfigError

OLDEST = 16
"""The oldest major version whose events carry all that we read, and that FreePBX 16 still runs on."""

NAMED_FILTERS_SINCE = {18: 26, 20: 11, 21: 6}
"""Major to first minor version that knows `eventfilter(name(..))`; 22.1 and everything later do too."""


def version_numbers(version: str) -> tuple[int, int]:
    """Read `20.11.1`, `22.10.1~dfsg`, `certified/20.7-cert2` or `Asterisk 18.26.0`; raises ConfigError."""
    found = re.search(r"(?<![\d.])(\d{1,2})\.(\d{1,3})(?!\d)", version)
    if not found or int(found[1]) < OLDEST:
        raise ConfigError(
            f"Asterisk version {version!r} cannot be used: give what `asterisk -V` shows, {OLDEST}.0 or later"
        )
    return int(found[1]), int(found[2])


def knows_named_filters(version: str) -> bool:
    """True when `eventfilter(name(..))` works: exact, and cheaper than a regex over every event."""
    major, minor = version_numbers(version)
    if major >= 22:
        return (major, minor) >= (22, 1)
    return major in NAMED_FILTERS_SINCE and minor >= NAMED_FILTERS_SINCE[major]
