"""identity-service's keys are late, wrong, changing, or not to be had."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable

from fault import fault
from faults_of_processes import until_ready
from load import Connection, sign_in
from machine import PATIENCE, PEOPLE, Stack, Workshop
from report import Report


def answer(status: int, body: bytes, headers: str = "", length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body) if length is None else length}\r\n"
    return (head + headers + "Connection: close\r\n\r\n").encode() + body


def with_private_key(good: dict) -> bytes:
    return json.dumps({"keys": [key | {"d": "AAAA"} for key in good["keys"]]}).encode()


#: What a broken issuer says instead of its keys.
BROKEN: dict[str, Callable[[dict], bytes]] = {
    "nothing": lambda good: b"",
    "500": lambda good: answer(500, b"{}"),
    "503 with the keys": lambda good: answer(503, json.dumps(good).encode()),
    "204": lambda good: answer(204, b""),
    "a redirect": lambda good: answer(302, b"", "Location: http://127.0.0.1:1/\r\n"),
    "HTML": lambda good: answer(200, b"<!doctype html><title>Sign in to the hotel</title>"),
    "no keys": lambda good: answer(200, b'{"keys":[]}'),
    "null": lambda good: answer(200, b"null"),
    "a list": lambda good: answer(200, b"[]"),
    "half of it": lambda good: answer(200, json.dumps(good).encode()[:-20]),
    "less than promised": lambda good: answer(200, json.dumps(good).encode(), length=100_000),
    "10 MB": lambda good: answer(200, b'{"keys":[' + b" " * 10_000_000 + b"]}"),
    "a kid twice": lambda good: answer(200, json.dumps({"keys": good["keys"] * 2}).encode()),
    "private keys": lambda good: answer(200, with_private_key(good)),
    "17 keys": lambda good: answer(
        200, json.dumps({"keys": [good["keys"][0] | {"kid": str(n)} for n in range(17)]}).encode()
    ),
    "bytes that are no text": lambda good: answer(200, bytes(range(256))),
}


class Issuer:
    """Stands where the API looks for keys."""

    def __init__(self):
        self.say: Callable[[dict], bytes] | None = None  # None: the truth
        self.slow = 0.0
        self.good: dict = {"keys": []}
        self.asked = 0
        self.server: asyncio.Server | None = None

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled: the run ends while somebody still waits for an answer.
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            await asyncio.sleep(self.slow)
            writer.write(self.say(self.good) if self.say else answer(200, json.dumps(self.good).encode()))
            await writer.drain()
        writer.close()


@fault("issuer-broken", "R10", short=1, long=20)
async def issuer_broken(workshop: Workshop, rounds: int, report: Report) -> None:
    """the issuer's keys are down, slow or 16 kinds of wrong: good tokens are good; a new process without keys says 503 and
    never 401, and gets well by itself"""
    async with Issuer() as issuer:
        async with Stack(
            workshop,
            "issuer",
            api={"PZ_JWKS_URL": f"http://127.0.0.1:{issuer.port}/keys", "PZ_JWKS_POLL_SECONDS": "1"},
        ) as stack:
            keys = Connection(stack.identity.port)
            issuer.good = (await keys.request("GET", "/.well-known/jwks.json")).json()
            keys.close()
            token = (await sign_in(stack, PEOPLE["acme"][1]))["access_token"]
            await until_ready(stack.api)
            connection = Connection(stack.api.port)
            wrong: list[str] = []
            requests = shed = 0
            for name, say in list(BROKEN.items()) * rounds + [("an answer after a minute", None)]:
                issuer.say, issuer.slow = say, 0.0 if say else 60.0
                before, end = issuer.asked, time.monotonic() + PATIENCE
                while issuer.asked < before + 1 and time.monotonic() < end:
                    # Not so many that this loop has no time to be the issuer.
                    await asyncio.sleep(0.01)
                    requests += 1
                    status = (await connection.request("GET", "/api/v1/items?limit=1", token=token)).status
                    shed += status == 503
                    if status not in (200, 503):
                        wrong.append(f"{name}: {status}")
                # Its pauses grow after failures; the truth in between makes them short again.
                issuer.say, issuer.slow = None, 0.0
                before = issuer.asked
                while issuer.asked < before + 1 and time.monotonic() < end:
                    await asyncio.sleep(0.01)
            # A new process that has never seen a key.
            issuer.say = BROKEN["500"]
            await stack.api.process.stop()
            connection.close()
            await stack.api.start()
            for _ in range(50):
                status = (await connection.request("GET", "/api/v1/items?limit=1", token=token)).status
                requests += 1
                if status != 503:
                    wrong.append(f"a new process without keys: {status}")
            issuer.say = None
            began = time.monotonic()
            while (await connection.request("GET", "/api/v1/items?limit=1", token=token)).status != 200:
                await asyncio.sleep(0.01)
                if time.monotonic() - began > PATIENCE:
                    raise TimeoutError("a new process does not get its keys")
            connection.close()
            report.count("requests", requests)
            report.none("wrong answers", wrong)
            report.goal("answered 503", shed, 0, "")
            report.goal("a new process is well after", time.monotonic() - began, 2)


@fault("keys-rotated", "R11", short=5, long=300)
async def keys_rotated(workshop: Workshop, rounds: int, report: Report) -> None:
    """the signing key rotates every 2 s under sign-ins and requests: no good token is refused, each key is published before
    it signs"""
    async with Stack(
        workshop,
        "rotation",
        identity={"PZ_KEY_ROTATE_SECONDS": "2", "PZ_KEY_PUBLISH_SECONDS": "2", "PZ_KEY_KEEP_SECONDS": "20"},
        api={"PZ_JWKS_POLL_SECONDS": "1"},
    ) as stack:
        refused: list[str] = []
        kids: set[str] = set()
        requests = 0
        stopping = asyncio.Event()

        async def work(person: tuple[str, str]) -> None:
            nonlocal requests
            connection = Connection(stack.api.port)
            tokens: list[tuple[float, str]] = []  # and when they were made
            while not stopping.is_set():
                token = (await sign_in(stack, person))["access_token"]
                # A key is kept for 20 s after it signed; more of them than 16 would be no key set any more.
                tokens = [one for one in tokens if time.monotonic() - one[0] < 10] + [
                    (time.monotonic(), token)
                ]
                for _, one in tokens[-20:]:
                    requests += 1
                    answer = await connection.request("GET", "/api/v1/items?limit=1", token=one)
                    if answer.status not in (200, 503):
                        refused.append(f"{answer.status} {answer.body[:120]!r}")
                await asyncio.sleep(0.1)
            connection.close()

        tasks = [asyncio.create_task(work(person)) for people in PEOPLE.values() for person in people]
        keys = Connection(stack.identity.port)
        end = time.monotonic() + rounds * 2 + PATIENCE
        first: set[str] | None = None
        while len(kids) < rounds + 2 and time.monotonic() < end:
            published = (await keys.request("GET", "/.well-known/jwks.json")).json()["keys"]
            kids |= {key["kid"] for key in published}
            first = first or set(kids)
            await asyncio.sleep(0.2)
        stopping.set()
        await asyncio.gather(*tasks)
        keys.close()
        report.count("keys", len(kids))
        report.count("requests", requests)
        report.none("good tokens refused", refused)
        report.must("the key was not rotated, so nothing was shown", len(kids) > 2)
