"""What the database itself sees to when things grow old.

What is written into an episode after its words were removed is looked at again. And the audit can only grow, but for
rows so old that no rule asks for them any more: a statement that would remove a younger one is refused.
"""

from collections.abc import Iterator

YOUNGEST_AUDIT_DAYS = 6 * 366
"""45 CFR 164.316(b)(2)(i): six years. Whatever is configured, no row goes before."""
WORDY = ("texts", "tasks", "notes")
"""The tables that hold what somebody wrote about an episode."""
_TOO_YOUNG = f"OLD.at > (CAST(strftime('%s', 'now') AS INTEGER) - {YOUNGEST_AUDIT_DAYS} * 86400) * 1000000"
_TOO_YOUNG_PG = f"OLD.at > (extract(epoch FROM now()) - {YOUNGEST_AUDIT_DAYS} * 86400) * 1000000"
_AGAIN = "UPDATE episodes SET cleared = '' WHERE id = NEW.episode_id AND cleared = 'words'"
_REFUSED = "the audit can only grow: this row is too young to be removed"


def triggers(dialect: str) -> Iterator[str]:
    """The statements that make the triggers; the old one that refused to remove any row of the audit goes."""
    if dialect == "sqlite":
        yield "DROP TRIGGER audit_no_delete"
        yield (
            f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN {_TOO_YOUNG}"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
        for table in WORDY:
            yield f"CREATE TRIGGER {table}_wordy AFTER INSERT ON {table} BEGIN {_AGAIN}; END"
        return
    yield "DROP TRIGGER IF EXISTS audit_no_delete ON audit"
    yield (
        "CREATE FUNCTION audit_refuse_young() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN IF {_TOO_YOUNG_PG} THEN RAISE EXCEPTION '{_REFUSED}'"
        " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN OLD; END $$"
    )
    yield (
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse_young()"
    )
    yield (
        "CREATE FUNCTION episodes_wordy() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {_AGAIN}; RETURN NULL; END $$"
    )
    for table in WORDY:
        yield (
            f"CREATE TRIGGER {table}_wordy AFTER INSERT ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION episodes_wordy()"
        )
