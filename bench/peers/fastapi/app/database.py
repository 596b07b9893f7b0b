"""One transaction for each request, bound to the token's tenant before anything else runs in it."""

from collections.abc import AsyncIterator

from fastapi import Depends
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

from .problems import Problem
from .security import Principal, current_user
from .settings import DATABASE_URL

Base = declarative_base()
engine = create_async_engine(DATABASE_URL, pool_size=10, max_overflow=0)
open_session = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

require_live = text("SELECT platform.require_live(:sub, :pv, :tv, :sid, :writes)")
refusals = {"PZ401": (401, "session_ended"), "PZ403": (403, "tenant_suspended"), "PZ423": (403, "tenant_read_only")}


class TenantSession:
    """A dependency: the session of a request that reads, or also writes, one tenant's rows."""

    def __init__(self, *, writes: bool) -> None:
        self.writes = writes

    async def __call__(self, user: Principal = Depends(current_user)) -> AsyncIterator[AsyncSession]:
        async with open_session() as session:
            # A parsed UUID: SET takes no parameters.
            await session.execute(text(f"SET LOCAL app.current_tenant = '{user.tenant_id}'"))
            try:
                await session.execute(
                    require_live,
                    {"sub": user.sub, "pv": user.pv, "tv": user.tv, "sid": user.sid, "writes": self.writes},
                )
            except DBAPIError as error:
                refusal = refusals.get(getattr(error.orig, "sqlstate", ""))
                if refusal is None:
                    raise
                raise Problem(*refusal, "the session or the organization is not live") from error
            yield session


reading = TenantSession(writes=False)
writing = TenantSession(writes=True)
