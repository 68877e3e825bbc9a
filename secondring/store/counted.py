"""How the database itself forgets a kept tally as soon as a row that it counted is written.

Triggers, and not code of ours beside each write: they cost a hundredth of a statement of their own, they
stand inside the same transaction, and nobody who adds a way to write can forget them.
"""

from collections.abc import Iterator

LONGEST = 8 * 86_400_000_000
"""Microseconds: no tally spans more than a week and the hour that clocks may be put back."""
COUNTED = (("episodes", "opened_at"), ("calls", "ended_at"), ("urgent_cases", "triggered_at"))
"""The tables that are counted, each with the time that says in which span."""


def _forget(row: str, column: str) -> str:
    at = f"{row}.{column}"
    return (
        f"DELETE FROM tallies WHERE site = {row}.site"  # noqa: S608 - every part is a constant above
        f" AND begins_at > {at} - {LONGEST} AND begins_at <= {at} AND ends_at > {at};"
    )


def triggers(dialect: str) -> Iterator[str]:
    """The statements that make the triggers."""
    for table, column in COUNTED:
        new, old = _forget("NEW", column), _forget("OLD", column)
        if dialect == "sqlite":
            yield f"CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {new} END"
            yield f"CREATE TRIGGER {table}_changed AFTER UPDATE ON {table} BEGIN {old} {new} END"
        else:
            yield (
                f"CREATE FUNCTION {table}_recount() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN IF TG_OP = 'UPDATE' THEN {old} END IF; {new} RETURN NULL; END $$"
            )
            yield (
                f"CREATE TRIGGER {table}_written AFTER INSERT OR UPDATE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {table}_recount()"
            )
