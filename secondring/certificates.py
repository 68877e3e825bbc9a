"""TLS of our own listeners: a certificate with its key, when it ends, and how a renewed one takes its place.

A renewed certificate is loaded into the very context that new connections shake hands by, so whoever is connected stays
so and nothing is restarted. Files are looked at once a minute: whatever renews them has to tell nobody.
"""

import asyncio
import logging
import ssl
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from secondring.domain.errors import ConfigError

log = logging.getLogger(__name__)

LOOK_EVERY = 60.0
"""Seconds between two looks at the files."""
READABLE_BY_ALL = stat.S_IROTH | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two files in PEM."""

    file: Path
    """The certificate, and after it those that lead to its authority."""
    key: Path

    def context(self) -> ssl.SSLContext:
        """What connections shake hands by: TLS 1.2 and later. Raises ConfigError when the files do not serve."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        self.load_into(made)
        return made

    def load_into(self, context: ssl.SSLContext) -> None:
        """From now on the context shows this certificate. Raises ConfigError."""
        try:
            mode = self.key.stat().st_mode
            if mode & READABLE_BY_ALL:
                raise ConfigError(f"{self.key} can be read by everybody. Run chmod o-rw {self.key}")
            context.load_cert_chain(self.file, self.key)
        except (OSError, ssl.SSLError) as error:
            why = (error.reason if isinstance(error, ssl.SSLError) else error.strerror) or type(
                error
            ).__name__
            raise ConfigError(
                f"the certificate {self.file} with the key {self.key} cannot be used ({why})."
                " Both have to be PEM, belong together, and be readable by the service's user."
            ) from None

    def look(self) -> tuple[tuple[int, int, int], ...]:
        """Changes when one of the files does. Raises OSError."""
        found = [file.stat() for file in (self.file, self.key)]
        return tuple((status.st_ino, status.st_mtime_ns, status.st_size) for status in found)


def ends_at(file: Path) -> datetime:
    """When a certificate runs out. Raises ConfigError when it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        what = (getattr(error, "strerror", None) or "it is no certificate").lower()
        raise ConfigError(f"{file} cannot be read ({what})") from None


class Renewal:
    """Keeps a context up with its files."""

    def __init__(self, certificate: Certificate) -> None:
        """Raises ConfigError when the files do not serve."""
        self._certificate = certificate
        self.context = certificate.context()
        self._seen = self._look()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await asyncio.to_thread(self.look_again)

    def look_again(self) -> bool:
        """True when the files have changed and serve. Ones that do not, or not yet, leave all as it is."""
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            # A context whose key does not fit its certificate is of no use to anybody: try them on another one first.
            self._certificate.context()
            self._certificate.load_into(self.context)
        except ConfigError as error:
            log.error("%s; going on with the one before", error)  # noqa: TRY400 - the message says all
            self._seen = ()
            return False
        log.info("new connections get the renewed certificate %s", self._certificate.file)
        return True

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        try:
            return self._certificate.look()
        except OSError:
            return ()
