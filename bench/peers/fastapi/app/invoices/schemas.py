from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Extra, Field, StrictBool, StrictInt, StrictStr, validator


class InvoiceCreate(BaseModel):
    number: StrictStr = Field(min_length=1, max_length=50)
    amount_cents: StrictInt
    note: StrictStr | None = Field(None, max_length=2000)
    paid: StrictBool
    due_at: datetime | None = None

    class Config:
        extra = Extra.forbid


class InvoiceUpdate(BaseModel):
    """What is absent stays as it is; null clears what may be null."""

    number: StrictStr | None = Field(None, min_length=1, max_length=50)
    amount_cents: StrictInt | None = None
    note: StrictStr | None = Field(None, max_length=2000)
    paid: StrictBool | None = None
    due_at: datetime | None = None

    class Config:
        extra = Extra.forbid

    @validator("number", "amount_cents", "paid", pre=True)
    def is_not_null(cls, value):
        if value is None:
            raise ValueError("must not be null")
        return value


class Invoice(BaseModel):
    id: UUID
    number: str
    amount_cents: int
    note: str | None
    paid: bool
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    class Config:
        orm_mode = True


class InvoicePage(BaseModel):
    items: list[Invoice]
    next_cursor: str | None
