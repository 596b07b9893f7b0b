from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Item(BaseModel):
    id: UUID
    project_id: UUID | None
    title: str
    description: str | None
    status: str
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    version: int

    class Config:
        orm_mode = True


class ItemPage(BaseModel):
    items: list[Item]
    next_cursor: str | None
