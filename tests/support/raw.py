"""A foreign hand in the database: statements past the store."""

from sqlalchemy import Row, text

from secondring.store.databases import database


def run_raw(url: str, *statements: str) -> list[Row[tuple[object, ...]]]:
    """Run statements in one transaction; the rows of the last one, if it has any."""
    place = database(url)
    engine = place.open_engine("write")
    try:
        with place.begun(engine, "write") as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []
    finally:
        engine.dispose()
