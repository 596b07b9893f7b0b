"""Tuned where the guides allow it: nothing in a dependency waits, so none needs a thread; liveness is the row that the
product looks up, not the function behind it."""

from uuid import UUID

import jwt
from app import problems, security
from app.paging import decode_cursor, page_of
from app.settings import AUDIENCE, ISSUER
from app.versions import set_etag
from fastapi import Depends, FastAPI, Query, Response
from fastapi.security import HTTPAuthorizationCredentials
from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import open_session

from . import models, schemas

app = FastAPI(title="Phase Zero, the FastAPI twin")
problems.install(app)

require_live = text(
    """
    SELECT platform.require_live_token(:kid, :sub, :pv, :tv, :sid, false)
     WHERE NOT EXISTS (
       SELECT FROM platform.live_session
        WHERE tenant_id = :tenant AND id = :sid AND person_id = :sub AND person_epoch = :pv AND tenant_epoch = :tv
          AND signing_key = :kid AND expires_at > now())"""
)


class Principal(security.Principal):
    kid: str


async def member(credentials: HTTPAuthorizationCredentials | None = Depends(security.bearer)) -> Principal:
    if credentials is None:
        raise problems.Problem(401, "not_authenticated", "a bearer token is required")
    token = credentials.credentials
    try:
        kid = jwt.get_unverified_header(token)["kid"]
        key = security.keys.get_signing_key(kid).key
        claims = jwt.decode(token, key, algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER)
        user = Principal(kid=kid, **claims)
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise problems.Problem(401, "invalid_token", "the token is not valid") from error
    if user.role not in (security.Role.admin, security.Role.standard):
        raise problems.Problem(403, "forbidden", "your role does not allow this")
    return user


async def reading(user: Principal = Depends(member)):
    async with open_session() as session:
        await session.execute(text(f"SET LOCAL app.current_tenant = '{user.tenant_id}'"))
        claims = {"kid": user.kid, "sub": user.sub, "pv": user.pv, "tv": user.tv, "sid": user.sid}
        await session.execute(require_live, {**claims, "tenant": user.tenant_id})
        yield session


@app.get("/readyz")
async def ready():
    return {"status": "ready"}


@app.get("/api/v1/items", response_model=schemas.ItemPage)
async def list_items(
    limit: int = Query(20, ge=1, le=100),
    cursor: str | None = Query(None, min_length=1, max_length=200),
    user: Principal = Depends(member),
    db: AsyncSession = Depends(reading),
):
    order = tuple_(models.Item.created_at, models.Item.id)
    statement = select(models.Item).where(models.Item.tenant_id == user.tenant_id)
    if cursor is not None:
        statement = statement.where(order < decode_cursor(cursor))
    statement = statement.order_by(models.Item.created_at.desc(), models.Item.id.desc()).limit(limit + 1)
    return page_of((await db.scalars(statement)).all(), limit)


@app.get("/api/v1/items/{id}", response_model=schemas.Item)
async def get_item(
    id: UUID, response: Response, user: Principal = Depends(member), db: AsyncSession = Depends(reading)
):
    row = await db.get(models.Item, (user.tenant_id, id))
    if row is None:
        raise problems.not_found("item")
    set_etag(response, row.version)
    return row
