"""Who a request is: the access token, verified against the issuer's published keys."""

from enum import Enum
from uuid import UUID

import jwt
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from .problems import Problem
from .settings import AUDIENCE, ISSUER, JWKS_URL


class Role(str, Enum):
    admin = "admin"
    standard = "standard"
    platform_admin = "platform_admin"
    support_agent = "support_agent"


class Principal(BaseModel):
    sub: UUID
    tenant_id: UUID
    role: Role
    sid: UUID
    tv: int
    pv: int


bearer = HTTPBearer(auto_error=False)
keys = jwt.PyJWKClient(JWKS_URL, cache_keys=True)


def current_user(credentials: HTTPAuthorizationCredentials | None = Depends(bearer)) -> Principal:
    if credentials is None:
        raise Problem(401, "not_authenticated", "a bearer token is required")
    try:
        key = keys.get_signing_key_from_jwt(credentials.credentials)
        claims = jwt.decode(
            credentials.credentials,
            key.key,
            algorithms=["ES256"],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        return Principal(**claims)
    except (jwt.PyJWTError, ValueError) as error:
        raise Problem(401, "invalid_token", "the token is not valid") from error


class Require:
    """A dependency that lets only these roles pass."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    def __call__(self, user: Principal = Depends(current_user)) -> Principal:
        if user.role not in self.roles:
            raise Problem(403, "forbidden", "your role does not allow this")
        return user


member = Require(Role.admin, Role.standard)
admin = Require(Role.admin)
