"""SQLite by aiosqlite."""

from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite

from storage.dialects import SharesCompiled


class Alike(SharesCompiled, SQLiteDialect_aiosqlite):
    supports_statement_cache = True  # SQLAlchemy wants it said by each class itself
