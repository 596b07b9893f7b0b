"""People at work, and what they were told: the journal that is compared with the database afterwards."""

import asyncio
import contextlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from machine import PATIENCE, PEOPLE, TENANTS, Service, Stack


class Lost(Exception):
    """A request that got no answer."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self):
        return json.loads(self.body)


class Connection:
    """One keep-alive connection, opened when it is needed."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", source: str = "127.0.0.1", limit: float = 30.0):
        self.host, self.port, self.source, self.limit = host, port, source, limit
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body=None,
        form=None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        head = {"Host": "localhost"} | (headers or {})
        content = b""
        if token:
            head["Authorization"] = f"Bearer {token}"
        if body is not None:
            content, head["Content-Type"] = json.dumps(body).encode(), "application/json"
        if form is not None:
            content, head["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
        if content or method in ("POST", "PATCH"):
            head["Content-Length"] = str(len(content))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        began = time.monotonic()
        try:
            answer = await asyncio.wait_for(self._exchange("\r\n".join(lines).encode() + content), self.limit)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            self.close()
            raise Lost(f"{method} {path}: {error or type(error).__name__}") from error
        except asyncio.CancelledError:
            self.close()
            raise
        answer.seconds = time.monotonic() - began
        return answer

    async def _exchange(self, message: bytes) -> Answer:
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.host, self.port, local_addr=(self.source, 0))
        reader, writer = self.streams
        writer.write(message)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, value in (line.split(":", 1) for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(head[0].split()[1]), headers, body, 0.0)

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
            self.streams = None


async def sign_in(stack: Stack, person: tuple[str, str]) -> dict:
    """Insists; the answer of /token."""
    connection = Connection(stack.identity.port)
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(Lost):
            answer = await connection.request(
                "POST",
                "/token",
                form={"grant_type": "password", "username": person[0], "password": person[1]},
            )
            if answer.status == 200:
                connection.close()
                return answer.json()
        if time.monotonic() > end:
            raise TimeoutError("nobody can sign in")
        await asyncio.sleep(0.02)


@dataclass
class Written:
    id: str
    changed: bool


@dataclass
class Journal:
    """What the clients were told."""

    writes: dict[str, Written] = field(default_factory=dict)  # by title, which is unique
    answers: Counter = field(default_factory=Counter)  # by status; 0: no answer
    seconds: list[float] = field(default_factory=list)  # of answers below 500
    unavailable_seconds: list[float] = field(default_factory=list)  # of 503
    without_retry_after: int = 0
    foreign: list[str] = field(default_factory=list)  # rows of another tenant
    wrong: list[str] = field(default_factory=list)
    acknowledged_at: list[float] = field(default_factory=list)  # writes, time.monotonic()

    def requests(self) -> int:
        return sum(self.answers.values())

    def refused(self) -> int:
        """Requests that failed for a client that asks once: no answer, or 5xx."""
        return sum(count for status, count in self.answers.items() if status == 0 or status >= 500)

    def longest_gap(self) -> float:
        """Seconds without an acknowledged write."""
        times = self.acknowledged_at
        return max((b - a for a, b in zip(times, times[1:])), default=0.0)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Load:
    """Clients of two tenants: each creates items, each with an idempotency key and asked again with it until it is
    acknowledged, changes every second one, and lists, which has to show nobody else's.

        async with Load(stack) as load:
            await load.more(100)
    """

    def __init__(
        self,
        stack: Stack,
        *,
        clients: int = 8,
        name: str = "load",
        pause: float = 0.0,
        writes: bool = True,
        tenants: list[str] | None = None,
        source: str = "127.0.0.1",
        api: Service | None = None,
    ):
        self.stack, self.clients, self.name, self.pause, self.writes = stack, clients, name, pause, writes
        self.tenants = tenants or list(TENANTS)
        self.source = source
        self.journal = Journal()
        self.api = api or stack.api
        self.tokens: dict[tuple[str, str], str] = {}
        self.acknowledged = 0
        self.tasks: list[asyncio.Task] = []
        self.stopping = asyncio.Event()

    async def __aenter__(self):
        for tenant in self.tenants:
            for person in PEOPLE[tenant]:
                self.tokens[person] = (await sign_in(self.stack, person))["access_token"]
        for number in range(self.clients):
            tenant = self.tenants[number % len(self.tenants)]
            person = PEOPLE[tenant][number // len(self.tenants) % 2]
            self.tasks.append(asyncio.create_task(self._work(number, tenant, self.tokens[person])))
        return self

    async def __aexit__(self, *_):
        await self.stop()

    async def stop(self) -> None:
        """The clients finish what they insist on, so that each write is known to have happened."""
        self.stopping.set()
        for result in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(result, BaseException):
                self.journal.wrong.append(f"a client ended: {result!r}")
        self.tasks.clear()

    async def more(self, requests: int, limit: float = PATIENCE) -> None:
        """Returns when so many more requests were answered well."""
        goal, end = self.acknowledged + requests, time.monotonic() + limit
        while self.acknowledged < goal:
            if time.monotonic() > end:
                raise TimeoutError(f"the service does not go on: {dict(self.journal.answers)}")
            await asyncio.sleep(0.005)

    async def ask(self, connection: Connection, method: str, path: str, **what) -> Answer | None:
        """One request, noted; None without an answer."""
        try:
            answer = await connection.request(method, path, **what)
        except Lost:
            self.journal.answers[0] += 1
            return None
        self.journal.answers[answer.status] += 1
        if answer.status == 503:
            self.journal.unavailable_seconds.append(answer.seconds)
            self.journal.without_retry_after += "retry-after" not in answer.headers
        elif answer.status < 500:
            self.journal.seconds.append(answer.seconds)
            self.acknowledged += answer.status < 300
        return answer

    async def _insist(self, connection: Connection, method: str, path: str, **what) -> Answer:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = await self.ask(connection, method, path, **what)
            if (
                answer and answer.status < 500 and answer.status != 409
            ):  # 409: the lost attempt is still at work
                return answer
            await asyncio.sleep(0.01)
        last = f"{answer.status} {answer.body[:300]!r}" if answer else "no answer"
        raise TimeoutError(f"{method} {path} was asked for a minute, at last: {last}")

    async def _work(self, number: int, tenant: str, token: str) -> None:
        connection = Connection(self.api.port, source=self.source)
        count = 0
        try:
            while not self.stopping.is_set():
                if self.writes:
                    await self._write(
                        connection, tenant, token, f"{tenant} {self.name} {number} {count}", count % 2 == 0
                    )
                await self._read(connection, tenant, token)
                count += 1
                if self.pause:
                    await asyncio.sleep(self.pause)
        finally:
            connection.close()

    async def _write(self, connection: Connection, tenant: str, token: str, title: str, change: bool) -> None:
        created = await self._insist(
            connection,
            "POST",
            "/api/v1/items",
            token=token,
            body={"title": title},
            headers={"Idempotency-Key": title.replace(" ", "-")},
        )
        if created.status != 201:
            self.journal.wrong.append(f"{title}: {created.status} {created.body[:200]!r}")
            await asyncio.sleep(0.05)
            return
        self.journal.acknowledged_at.append(time.monotonic())
        written = self.journal.writes[title] = Written(created.json()["id"], changed=False)
        if change:
            # Asked once: what nobody was told of may have happened or not.
            changed = await self.ask(
                connection,
                "PATCH",
                f"/api/v1/items/{written.id}",
                token=token,
                body={"status": "done"},
                headers={"If-Match": '"1"'},
            )
            written.changed = changed is not None and changed.status == 200

    async def _read(self, connection: Connection, tenant: str, token: str) -> None:
        answer = await self.ask(connection, "GET", "/api/v1/items?limit=20&q=" + self.name, token=token)
        if answer and answer.status == 200:
            titles = [item["title"] for item in answer.json()["items"]]
            self.journal.foreign += [
                title for title in titles if f"{self.name} " in title and not title.startswith(tenant)
            ]
        elif answer and answer.status not in (503, 504):
            self.journal.wrong.append(f"list: {answer.status} {answer.body[:200]!r}")
            await asyncio.sleep(0.05)

    def compare(self) -> list[str]:
        """What the table, the audit log and the journal do not agree about: everything that was lost or doubled."""
        cluster = self.stack.cluster
        found = cluster.sql(
            f"select title, count(*), min(id::text), max(version) from app.item where title like '% {self.name} %' group by 1"
        )
        rows = {row[0]: row for row in found}
        wrong = [f"doubled: {row[0]} is there {row[1]} times" for row in found if row[1] != "1"]
        for title, written in self.journal.writes.items():
            row = rows.get(title)
            if row is None:
                wrong.append(f"lost: {title}")
            elif row[2] != written.id:
                wrong.append(f"doubled: {title} has another id than its client was told")
            elif written.changed and row[3] == "1":
                wrong.append(f"lost: the change of {title}")
        # Each write has its event, each event its write.
        wrong += [
            f"audit log: item {row[0]}: {row[1]} writes and changes, {row[2]} events"
            for row in cluster.sql(
                f"""
                with mine as (select id::text as id, version from app.item where title like '% {self.name} %'),
                     events as (select target_id as id, count(*) as events from audit.event
                                 where action in ('item.created', 'item.updated') group by 1),
                     others as (select id::text as id from app.item where title not like '% {self.name} %')
                select coalesce(m.id, e.id), coalesce(m.version, 0), coalesce(e.events, 0)
                  from mine m full join events e on e.id = m.id left join others o on o.id = e.id
                 where coalesce(m.version, 0) <> coalesce(e.events, 0) and o.id is null"""
            )
        ]
        return wrong + self.journal.wrong + [f"another tenant's: {title}" for title in self.journal.foreign]
