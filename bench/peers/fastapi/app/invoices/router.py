from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from ..database import reading, writing
from ..ids import uuid7
from ..paging import decode_cursor, page_of
from ..problems import not_found, version_conflict
from ..security import Principal, admin, member
from ..versions import optional_if_match, required_if_match, set_etag
from . import models, schemas

router = APIRouter(prefix="/api/v1/invoices", tags=["invoices"])


async def load(db: AsyncSession, tenant_id: UUID, id: UUID) -> models.Invoice:
    row = await db.get(models.Invoice, (tenant_id, id))
    if row is None:
        raise not_found("invoice")
    return row


@router.get("", response_model=schemas.InvoicePage)
async def list_invoices(
    limit: int = Query(20, ge=1, le=100),
    cursor: str | None = Query(None, min_length=1, max_length=200),
    user: Principal = Depends(member),
    db: AsyncSession = Depends(reading),
):
    """List invoices, newest first"""
    order = tuple_(models.Invoice.created_at, models.Invoice.id)
    statement = select(models.Invoice).where(models.Invoice.tenant_id == user.tenant_id)
    if cursor is not None:
        statement = statement.where(order < decode_cursor(cursor))
    statement = statement.order_by(models.Invoice.created_at.desc(), models.Invoice.id.desc()).limit(limit + 1)
    rows = (await db.scalars(statement)).all()
    return page_of(rows, limit)


@router.post("", response_model=schemas.Invoice, status_code=201)
async def create_invoice(
    values: schemas.InvoiceCreate,
    response: Response,
    user: Principal = Depends(member),
    db: AsyncSession = Depends(writing),
):
    """Create an invoice"""
    row = models.Invoice(tenant_id=user.tenant_id, id=uuid7(), **values.dict())
    db.add(row)
    await db.flush()
    await db.commit()
    response.headers["Location"] = f"/api/v1/invoices/{row.id}"
    set_etag(response, row.version)
    return row


@router.get("/{id}", response_model=schemas.Invoice)
async def get_invoice(
    id: UUID, response: Response, user: Principal = Depends(member), db: AsyncSession = Depends(reading)
):
    """Get an invoice"""
    row = await load(db, user.tenant_id, id)
    set_etag(response, row.version)
    return row


@router.patch("/{id}", response_model=schemas.Invoice)
async def update_invoice(
    id: UUID,
    values: schemas.InvoiceUpdate,
    response: Response,
    user: Principal = Depends(member),
    version: int = Depends(required_if_match),
    db: AsyncSession = Depends(writing),
):
    """Change an invoice"""
    row = await load(db, user.tenant_id, id)
    if row.version != version:
        raise version_conflict("invoice")
    for name, value in values.dict(exclude_unset=True).items():
        setattr(row, name, value)
    try:
        await db.flush()
    except StaleDataError as error:
        raise version_conflict("invoice") from error
    await db.refresh(row)
    await db.commit()
    set_etag(response, row.version)
    return row


@router.delete("/{id}", status_code=204)
async def delete_invoice(
    id: UUID,
    user: Principal = Depends(admin),
    version: int | None = Depends(optional_if_match),
    db: AsyncSession = Depends(writing),
):
    """Delete an invoice"""
    row = await load(db, user.tenant_id, id)
    if version is not None and row.version != version:
        raise version_conflict("invoice")
    await db.delete(row)
    try:
        await db.flush()
    except StaleDataError as error:
        raise version_conflict("invoice") from error
    await db.commit()
