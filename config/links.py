"""Addresses in the configuration: web addresses, the database's, and where a secret is kept."""

import re
from typing import Annotated
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pydantic import AfterValidator

from config.refusal import refusal
from secondring.domain.hosts import is_loopback

WRITE_SECRET = "Write a path (/etc/secondring/credentials/NAME), credential:NAME or env:NAME."  # noqa: S105
_SERVER_KEYS = (
    "host",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "target_session_attrs",
    "connect_timeout",
)
"""What libpq may be told in a database's address (postgresql.org/docs/current/libpq-connect.html)."""
_SURE_MODES = {"verify-full", "verify-ca"}
_SECRET_REF = re.compile(r"/[^\x00]+|credential:[A-Za-z0-9_.-]{1,64}|env:[A-Z][A-Z0-9_]{0,63}")


def _split(text: str, what: str = "web address", remedy: str = "Write https://host/path.") -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise refusal(f"is not a {what}", remedy) from None
    return parts


def _web(text: str) -> str:
    parts = _split(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or re.search(r"[\s\x00-\x1f]", text):
        raise refusal("is not a web address", "Write https://host/path.")
    if parts.username or parts.password:
        raise refusal("holds a user name or password", "Take it out; secrets come from files.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise refusal("would send patients' data unencrypted", "Begin it with https://.")
    return text


def _database(text: str) -> str:
    if text.startswith("postgresql:"):
        return _server(text)
    if not re.fullmatch(r"sqlite:////[^\x00?]+", text):
        raise refusal(
            "is not a database that this version can use",
            "Write sqlite:/// and a whole path: sqlite:////var/lib/secondring/secondring.db, or"
            " postgresql://USER@HOST/NAME.",
        )
    return text


def _server(text: str) -> str:
    parts = _split(text, "database's address", "Write postgresql://USER@HOST/NAME.")
    if parts.password is not None or "password=" in parts.query:
        raise refusal(
            "holds a password", "Take it out, and name the file that it is in: database.password_file."
        )
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(asked.keys() - _SERVER_KEYS)
    if unknown or not re.fullmatch(r"/[^/\x00-\x1f]+", parts.path) or re.search(r"[\s\x00-\x1f]", text):
        what = f"asks for what is not known here: {unknown[0]}" if unknown else "is no address of a database"
        raise refusal(
            what, f"Write postgresql://USER@HOST/NAME; after a ? there may be {', '.join(_SERVER_KEYS)}."
        )
    hosts = {parts.hostname or "", *asked.get("host", "").split(",")} - {""}
    far = [host for host in hosts if not host.startswith("/") and not is_loopback(host)]
    if far and asked.get("sslmode") not in _SURE_MODES:
        raise refusal(
            "would trust whoever answers on the way to another machine",
            "Add ?sslmode=verify-full&sslrootcert=/etc/secondring/database-ca.pem (docs/postgresql.md).",
        )
    return text


def _secret(text: str) -> str:
    if not _SECRET_REF.fullmatch(text):
        raise refusal("does not say where the secret is kept; it may not stand here itself", WRITE_SECRET)
    return text


WebAddress = Annotated[str, AfterValidator(_web)]
DatabaseUrl = Annotated[str, AfterValidator(_database)]
SecretPlace = Annotated[str, AfterValidator(_secret)]
