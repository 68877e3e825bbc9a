"""How the database itself keeps a table from being changed: rows are added, and nothing else."""

from collections.abc import Iterator


def only_grows(dialect: str, table: str, refusal: str) -> Iterator[str]:
    """The statements that make the triggers; all arguments are constants of ours."""
    if dialect == "sqlite":
        for change in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
        return
    yield (
        f"CREATE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for change in ("UPDATE", "DELETE", "TRUNCATE"):
        yield (
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()"
        )
