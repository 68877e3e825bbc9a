"""What PostgreSQL says when something fails, in our words and with a remedy.

Told by SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html). A connection that never came to be has none:
there the server's or the library's words decide, and its first line is passed on; no password is ever in it.
"""

from secondring.domain.errors import PeerError, StoreAway, StoreBroken, StoreBusy, StoreFull
from secondring.store.agreed import no_such_episode

_FOREIGN_KEY = "23503"
_WAITS = {"55P03", "40001", "40P01", "57014", "25P03", "25P04"}
_FULL = {"53100": "the disk of its server is full", "53200": "its server has no memory left"}
_GONE = ("08", "57P")
_TOO_MANY = "its server takes no more connections: raise max_connections there, or run fewer processes"
_PASSWORD = (
    "its server refuses the password: look at database.password_file, and at the user's password there"  # noqa: S105 - a remedy
)
_REMEDIES = {
    "53300": _TOO_MANY,
    "28P01": _PASSWORD,
    "28000": "its server lets this user not in from here: look at its pg_hba.conf",
    "3D000": "its server has no database of that name: docs/postgresql.md tells how to make it",
    "25006": "it can only be read: a standby, or default_transaction_read_only; point database.url at the primary",
    "42501": "the user may not do that: the tables must belong to the user of database.url",
    "42P01": "a table is missing: docs/postgresql.md tells how to begin with an empty database and restore a backup",
    "XX001": "it is damaged: stop the service and restore it from a backup",
    "XX002": "an index is damaged: `reindexdb`, then look at the server's disk",
    "58030": "the disk of its server failed: see the server's log",
    "53000": "its server is short of something: see the server's log",
}
_BY_WORDS = (
    ("password authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("pg_hba.conf", "28000"),
    ("authentication failed", "28000"),
    ("too many clients", "53300"),
    ("remaining connection slots", "53300"),
    ("too many connections", "53300"),
    ("role", "28000"),
)
_TLS = ("SSL", "certificate", "TLS")


def explain_postgres(where: str, error: BaseException) -> Exception:
    """The error of ours that a driver's error means."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        return _never_connected(where, error)
    if state == _FOREIGN_KEY:
        return no_such_episode()
    if state in _WAITS:
        return StoreBusy(
            f"{where}: another writer kept its turn too long; nothing was written."
            f" Try again; if it persists, look for a process that hangs: pg_stat_activity ({state})"
        )
    if state in _FULL:
        return StoreFull(f"{where}: {_FULL[state]} and nothing was written: free some")
    if state.startswith(_GONE):
        return _away(where, state)
    return _broken(where, state)


def _never_connected(where: str, error: BaseException) -> PeerError:
    said = str(error)
    for words, state in _BY_WORDS:
        if words in said and "does not exist" not in said:
            return _broken(where, state)
    if "does not exist" in said:
        return _broken(
            where,
            "3D000" if "database" in said.partition("does not exist")[0].rpartition("FATAL")[2] else "28000",
        )
    if any(word in said for word in _TLS):
        return StoreBroken(
            f"{where}: no encrypted connection: look at sslmode and sslrootcert of database.url ({_first(said)})"
        )
    return _away(where, _first(said))


def _away(where: str, why: str) -> StoreAway:
    return StoreAway(
        f"{where}: its server cannot be reached, or was restarted: see whether it runs and the network leads there."
        f" Services try again by themselves, and what was not committed was not written ({why})"
    )


def _broken(where: str, state: str) -> PeerError:
    if state == "53300":
        return StoreBusy(f"{where}: {_TOO_MANY} ({state})")
    remedy = _REMEDIES.get(
        state, "this is a defect of Second Ring or a foreign hand in the database: report it"
    )
    return StoreBroken(f"{where}: {remedy} ({state})")


def _first(said: str) -> str:
    return next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")[:200]
