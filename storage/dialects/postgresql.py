"""PostgreSQL by asyncpg."""

from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from storage.dialects import SharesCompiled


class Alike(SharesCompiled, PGDialect_asyncpg):
    supports_statement_cache = True  # SQLAlchemy wants it said by each class itself
