"""What makes a storm of alerts cheap: a number that counts up when anything changes by which alerts are judged, so that what
is set up can be remembered; and rows of the outbox that can wait know it. Beside a message is kept what became of it.

Triggers count, so that no way of changing a row can forget it. Whoever makes a table of these anew (SQLite's way of altering
one) makes its triggers anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

WATCHED = {
    "rule": (
        "slug, name, kind, integration_id, team_id, position, match, conditions, hours, then, go_on, active"
    ),
    "team": "",
    "service": "",
    "silence": "",
    "integration": "slug, name, source, digest, team_id, settings, active",
}
"""What matters of each table, empty for everything: not when a rule matched or a sender was heard last."""
COUNT_UP = "UPDATE catalog_version SET version = version + 1"


def upgrade() -> None:
    table = op.create_table(
        "catalog_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_version")),
    )
    op.add_column(
        "outbox",
        sa.Column("patient", sa.Boolean(create_constraint=False), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "raw_payload", sa.Column("outcome", sa.String(length=64), server_default="opened", nullable=False)
    )
    op.bulk_insert(table, [{"id": 1, "version": 1}])
    if op.get_bind().dialect.name == "sqlite":
        for name, columns in WATCHED.items():
            for happens, word in (
                ("INSERT", "insert"),
                ("DELETE", "delete"),
                (_update_of(columns), "update"),
            ):
                op.execute(
                    f"CREATE TRIGGER {name}_{word}_counts AFTER {happens} ON {name} BEGIN {COUNT_UP}; END"
                )
        return
    op.execute(
        "CREATE FUNCTION count_catalog_version() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {COUNT_UP}; RETURN NULL; END $$"
    )
    for name, columns in WATCHED.items():
        op.execute(
            f"CREATE TRIGGER {name}_counts AFTER INSERT OR DELETE OR {_update_of(columns)} ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION count_catalog_version()"
        )


def _update_of(columns: str) -> str:
    quoted = ", ".join(f'"{column}"' for column in columns.split(", ")) if columns else ""
    return f"UPDATE OF {quoted}" if quoted else "UPDATE"
