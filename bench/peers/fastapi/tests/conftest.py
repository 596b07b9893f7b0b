import os
from itertools import count

import httpx
import pytest
from fastapi.testclient import TestClient

from app.main import app
from app.settings import ISSUER

people = {
    "acme_admin": ("admin@acme.example", "admin123"),
    "acme_user": ("user@acme.example", "user123"),
    "globex_user": ("user@globex.example", "user123"),
    "platform_admin": ("platform@numbersence.com", "platform123"),
    "support_agent": ("support@numbersence.com", "support123"),
}


@pytest.fixture(scope="session")
def client():
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="session")
def tokens():
    def sign_in(email, password):
        form = {"grant_type": "password", "username": email, "password": password}
        return httpx.post(os.environ.get("IDENTITY_URL", ISSUER) + "/token", data=form).json()["access_token"]

    return {who: sign_in(*account) for who, account in people.items()}


@pytest.fixture
def call(client, tokens):
    """call("acme_user", "GET", path, json=…): a request of somebody, or of nobody."""

    def send(who, method, path, if_match=None, **options):
        headers = {"Authorization": f"Bearer {tokens[who]}"} if who else {}
        if if_match is not None:
            headers["If-Match"] = if_match
        return client.request(method, path, headers=headers, **options)

    return send


@pytest.fixture(scope="session")
def unique():
    numbers = count(1)
    return lambda prefix: f"{prefix} {os.getpid()}-{next(numbers)}"
