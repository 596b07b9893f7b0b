"""The release before and this one, side by side over each migration."""

import asyncio
import contextlib
import signal
import time
from pathlib import Path

from fault import fault
from faults_of_processes import tell_of_failures
from load import Connection, Load, sign_in
from machine import PEOPLE, ROOT, Broken, Cluster, Impossible, Service, Stack, Workshop
from report import Report

#: Rows that a migration has to get past, where goals are held.
ROWS_OF_LONG_RUN, ROWS_OF_SHORT_RUN = 300_000, 1_000


def migrations(tree: Path) -> list[str]:
    return sorted(file.name for file in (tree / "database/migrations").iterdir())


def fill(cluster: Cluster, rows: int) -> None:
    """Rows in what grows most: items and sessions."""
    cluster.sql(
        f"""set session_replication_role = replica;
            insert into app.item (tenant_id, id, title, description)
            select (select id from platform.tenant where slug = 'initech'), gen_random_uuid(), 'ballast ' || n, md5(n::text)
              from generate_series(1, {rows}) as n;
            create temporary table one as select * from identity.session limit 1;
            insert into identity.session
            select (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid()))).*
              from one, generate_series(1, {rows});
            analyze"""
    )


class WaitsForLocks:
    """The longest wait for a lock, looked at every 20 ms by a session that takes none of the tables'."""

    def __init__(self, cluster: Cluster):
        self.cluster, self.longest = cluster, 0.0

    async def __aenter__(self):
        self.session = await asyncio.create_subprocess_exec(
            "psql",
            "-qXAt",
            self.cluster.connection_string("postgres"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self.task = asyncio.create_task(self._look())
        return self

    async def _look(self) -> None:
        while True:
            self.session.stdin.write(
                b"select coalesce(max(extract(epoch from clock_timestamp() - waitstart)), 0) from pg_locks where not granted;\n"
            )
            self.longest = max(self.longest, float((await self.session.stdout.readline()).strip() or 0))
            await asyncio.sleep(0.02)

    async def __aexit__(self, *_):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        self.session.stdin.close()
        await self.session.wait()


async def replace(service: Service, programs: Path, load: Load) -> int:
    """The successor at the same socket, both of them for a while, then SIGTERM to the predecessor; its exit code."""
    service.programs = programs
    successor, notify = service.spawn()
    await service.serves(successor, notify)
    old, service.process = service.process, successor
    await sign_in(load.stack, PEOPLE["acme"][0])
    await load.more(60)
    old.send(signal.SIGTERM)
    await load.more(20)
    return await old.wait()


async def stands_in(stack: Stack, why_not: str) -> None:
    """Sign-in and the load's requests work at the migration before: of the release before they have to."""
    connection, person = Connection(stack.identity.port), PEOPLE["acme"][0]
    form = {"grant_type": "password", "username": person[0], "password": person[1]}
    answers = [await connection.request("POST", "/token", form=form)]
    connection.close()
    if answers[0].status == 200:
        connection, token = Connection(stack.api.port), answers[0].json()["access_token"]
        answers += [
            await connection.request("POST", "/api/v1/items", token=token, body={"title": "before"}),
            await connection.request("GET", "/api/v1/items?q=before", token=token),
        ]
        connection.close()
    wrong = [f"{answer.status} {answer.body[:200]!r}" for answer in answers if answer.status >= 400]
    if wrong:
        raise (Impossible if why_not else Broken)(f"{why_not} {wrong}".strip())


@fault("upgrade", "R22", short=1, long=3)
async def upgrade(workshop: Workshop, rounds: int, report: Report) -> None:
    """the release before serves while each migration since is applied, then both side by side, then this one, then back and
    forth: 0 requests fail, nothing waits for a lock for more than 2 s, nothing is lost; --from COMMIT says which release, else
    this build stands in for it at the last migration"""
    before = workshop.before or ROOT
    names = migrations(ROOT)
    first = len(migrations(before)) if workshop.before else len(names) - 1
    if first >= len(names) or migrations(before)[:first] != names[:first]:
        raise Broken(f"no migration of this release comes after those of {before}")
    older = before / "build/release/bin" if workshop.before else None
    longest = slowest = 0.0
    given_up = 0
    journals, wrong = [], []
    for number in range(rounds):
        cluster = Cluster(workshop, "upgrade")
        cluster.initialize()
        await cluster.start()
        await asyncio.to_thread(cluster.populate, before, first)
        stack = Stack(workshop, "upgrade", cluster=cluster)
        newer = stack.api.programs
        for service in stack.services:
            service.programs = older or newer
        if older is None:
            # This build wants its last migration: it is told so, and what it was told is taken back before it is applied.
            cluster.sql(
                f"insert into platform.schema_migration (number, name, checksum) values ({len(names)}, 'stands in', '')"
            )
        why_not = "" if older else "this build cannot stand in for the release before: --from COMMIT"
        async with contextlib.AsyncExitStack() as running:
            try:
                await running.enter_async_context(stack)
            except Broken as error:
                raise (Impossible if why_not else Broken)(f"{why_not} {error}".strip()) from error
            await stands_in(stack, why_not)
            await asyncio.to_thread(fill, cluster, ROWS_OF_LONG_RUN if report.long else ROWS_OF_SHORT_RUN)
            if older is None:
                cluster.sql("delete from platform.schema_migration where name = 'stands in'")
            async with Load(stack) as load, WaitsForLocks(cluster) as waits:
                for level in range(first + 1, len(names) + 1):
                    await load.more(60)
                    signing_in = asyncio.create_task(sign_in(stack, PEOPLE["globex"][0]))
                    began = time.monotonic()
                    await asyncio.to_thread(cluster.migrate, ROOT, level)
                    slowest = max(slowest, time.monotonic() - began)
                    await signing_in
                    await load.more(60)
                for programs in (newer, older or newer, newer):
                    for service in stack.services:
                        code = await replace(service, programs, load)
                        if code != 0:
                            wrong.append(f"{service.name} ended with {code}")
                await load.stop()
            longest = max(longest, waits.longest)
            journals.append(load.journal)
            given_up += cluster.log().count("canceling statement due to lock timeout")
            wrong += load.compare() + stack.audit_log()
    report.count("migrations", rounds * (len(names) - first))
    report.count("requests", sum(journal.requests() for journal in journals))
    tell_of_failures(report, journals)
    report.none("lost, doubled or ended badly", wrong)
    report.none("statements that gave a lock up", ["one"] * given_up)
    report.goal("longest wait for a lock", longest, 2)
    report.count("slowest migration, with the start of its program", slowest, "s")
    report.count("slowest answer", max(max(journal.seconds) for journal in journals), "s")
