"""What a release that knows only the schema before would trip over in the schema after."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, inspect


class Table(NamedTuple):
    columns: dict[str, dict[str, Any]]
    uniques: dict[str, tuple[tuple[str, ...], bool]]
    """By name: the columns, and whether only some rows count."""
    checks: frozenset[str]
    references: frozenset[tuple[str, ...]]


Schema = dict[str, Table]


def read_schema(connection: Connection) -> Schema:
    found = inspect(connection)
    return {name: _read_table(found, name) for name in found.get_table_names() if name != "alembic_version"}


def _read_table(found: Any, name: str) -> Table:
    uniques = {one["name"]: (tuple(one["column_names"]), False) for one in found.get_unique_constraints(name)}
    for index in found.get_indexes(name):
        if index["unique"]:
            is_partial = any(key.endswith("_where") for key in index.get("dialect_options", {}))
            uniques[index["name"]] = (tuple(index["column_names"]), is_partial)
    return Table(
        {column["name"]: dict(column) for column in found.get_columns(name)},
        uniques,
        frozenset(str(one["sqltext"]) for one in found.get_check_constraints(name)),
        frozenset(tuple(one["constrained_columns"]) for one in found.get_foreign_keys(name)),
    )


def list_breaks(before: Schema, after: Schema) -> list[str]:
    return [
        sentence
        for name, table in before.items()
        for sentence in (_compare(name, table, after[name]) if name in after else [f"{name} is gone"])
    ]


def _compare(name: str, before: Table, after: Table) -> Iterator[str]:
    for column, was in before.columns.items():
        now = after.columns.get(column)
        if now is None:
            yield f"{name}.{column} is gone"
            continue
        if str(now["type"]) != str(was["type"]):
            yield f"{name}.{column} was {was['type']} and is {now['type']}"
        if was["nullable"] and not now["nullable"]:
            yield f"{name}.{column} may not be NULL any more"
        if was.get("default") is not None and now.get("default") is None:
            yield f"{name}.{column} lost its default"
    new = after.columns.keys() - before.columns.keys()
    for column in sorted(new):
        if not after.columns[column]["nullable"] and after.columns[column].get("default") is None:
            yield f"{name}.{column} is new, may not be NULL and has no default in the database"
    for key in sorted(after.uniques.keys() - before.uniques.keys()):
        columns, is_partial = after.uniques[key]
        is_about_new = any(one in new and (is_partial or after.columns[one]["nullable"]) for one in columns)
        if not is_about_new:
            yield f"{name} must be unique by {', '.join(columns)} now"
    if after.checks - before.checks:
        yield f"{name} is checked anew: {', '.join(sorted(after.checks - before.checks))}"
    for columns in sorted(after.references - before.references):
        if not set(columns) & new:
            yield f"{name}.{', '.join(columns)} refers to another table now"
