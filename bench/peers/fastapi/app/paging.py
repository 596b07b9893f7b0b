"""Keyset pages, newest first: a cursor is where the page before ended."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from uuid import UUID

from .problems import Problem


def encode_cursor(created_at: datetime, id: UUID) -> str:
    return urlsafe_b64encode(f"{created_at.isoformat()} {id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        created_at, id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().rsplit(" ", 1)
        return datetime.fromisoformat(created_at), UUID(id)
    except ValueError as error:
        raise Problem(422, "invalid_input", "query.cursor is not a cursor that this API gave out") from error


def page_of(rows: list, limit: int) -> dict:
    """Makes a page of at most `limit` rows from a query that asked for one more."""
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": rows[:limit], "next_cursor": encode_cursor(last.created_at, last.id) if last else None}
