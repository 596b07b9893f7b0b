"""PostgreSQL is slow, busy, gone, or without room."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from fault import fault
from faults_of_clients import ask_apart, p99
from faults_of_network import healed
from load import Connection, Load, Lost, sign_in
from machine import PATIENCE, PEOPLE, Broken, Cluster, Impossible, Stack, Workshop, programs
from report import Report


@fault("database-killed", "R2", short=0, long=20)
async def database_killed(workshop: Workshop, rounds: int, report: Report) -> None:
    """kill -9 of PostgreSQL under load: nothing acknowledged is lost or doubled, no audit chain has a gap, writes go on
    within 2 s after the server answers; the services never end (tests/isolation plays it; so does ./dev test)
    """
    del workshop
    run = await asyncio.create_subprocess_exec(
        programs() / "attack",
        "--crash-rounds",
        str(rounds),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    text = (await run.communicate())[0].decode()
    numbers = re.search(r"(\d+) writes and (\d+) changes.*?(\d+) ms after", text, re.S)
    if numbers is None:
        raise Broken(text[-2000:])
    report.count("writes acknowledged", int(numbers[1]))
    report.count("changes", int(numbers[2]))
    report.none("lost, doubled or broken", re.findall(r"!! (.*)", text))
    report.goal("writes again after", int(numbers[3]) / 1000, 2)


@fault("backends-killed", "R27, R28", short=1, long=60)
async def backends_killed(workshop: Workshop, rounds: int, report: Report) -> None:
    """pg_terminate_backend every 100 ms under load: at most one request fails for each, no answer is another tenant's, every
    row has as many versions as acknowledged and recorded changes"""
    async with Stack(workshop, "backends") as stack:
        async with Load(stack) as load:
            await load.more(20)
            # One session that stays: a connection for each kill would be a load of its own.
            killer = await asyncio.create_subprocess_exec(
                "psql",
                "-qXAt",
                stack.cluster.connection_string("postgres"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            killed = 0
            for _ in range(rounds * 50):
                killer.stdin.write(
                    b"select pg_terminate_backend(pid) from pg_stat_activity where usename like 'pz\\_%' order by random() limit 1;\n"
                )
                await killer.stdin.drain()
                killed += (await killer.stdout.readline()).strip() == b"t"
                await asyncio.sleep(0.1)
            killer.stdin.close()
            await killer.wait()
            slowest = await healed(load)
            await load.stop()
        journal = load.journal
        report.count("backends ended", killed)
        report.count("requests", journal.requests())
        report.none("lost or doubled", load.compare())
        report.must("no backend was ended, so nothing was shown", killed > 0)
        report.count("refused", 100 * journal.refused() / journal.requests(), "%")
        report.goal("refused for each backend", journal.refused() / max(killed, 1), 1, "")
        report.goal("writes again after", slowest, 1)


@fault("pool-exhausted", "R5", short=1, long=10)
async def pool_exhausted(workshop: Workshop, rounds: int, report: Report) -> None:
    """400 clients ask for what is locked: everything beyond the queue gets 503 with Retry-After, /healthz answers within
    10 ms (p99), all is well within 1 s after the lock is gone"""
    async with Stack(workshop, "pool") as stack:
        token = (await sign_in(stack, PEOPLE["acme"][1]))["access_token"]
        other = (await sign_in(stack, PEOPLE["globex"][1]))["access_token"]
        statuses: dict[int, int] = {}
        without = 0
        shed: list[float] = []
        health: list[float] = []
        slowest = 0.0

        async def ask(number: int, until: float) -> None:
            nonlocal without
            # More than one address may open at once.
            connection = Connection(stack.api.port, source=f"127.0.0.{2 + number // 200}")
            while time.monotonic() < until:
                status = 0
                with contextlib.suppress(Lost):
                    answer = await connection.request(
                        "GET", "/api/v1/items?limit=5", token=token if number % 2 else other
                    )
                    status = answer.status
                    if status == 503:
                        shed.append(answer.seconds)
                        without += "retry-after" not in answer.headers
                statuses[status] = statuses.get(status, 0) + 1
                await asyncio.sleep(0.2)
            connection.close()

        for _ in range(rounds):
            seconds = 4
            lock = await asyncio.create_subprocess_exec(
                "psql",
                "-qX",
                stack.cluster.connection_string("postgres"),
                "-c",
                f"begin; lock table app.item in access exclusive mode; select pg_sleep({seconds + 1}); commit",
                stdout=asyncio.subprocess.DEVNULL,
            )
            await asyncio.sleep(0.5)
            probe = asyncio.create_task(ask_apart(stack.api, "/healthz", seconds - 1))
            until = time.monotonic() + seconds - 0.5
            await asyncio.gather(*(ask(number, until) for number in range(400)))
            health += await probe
            await lock.wait()
            began = time.monotonic()
            connection = Connection(stack.api.port)
            while (await connection.request("GET", "/api/v1/items?limit=5", token=token)).status != 200:
                await asyncio.sleep(0.01)
            connection.close()
            slowest = max(slowest, time.monotonic() - began)
        report.count("requests", sum(statuses.values()))
        report.count("answered 503", statuses.get(503, 0))
        report.must("nothing was shed, so nothing was shown", statuses.get(503, 0) > 0)
        report.must(f"{without} times 503 without Retry-After", without == 0)
        report.none(
            "other answers",
            [
                f"{count} times {status or 'no answer'}"
                for status, count in statuses.items()
                if status not in (200, 503, 504)
            ],
        )
        report.goal("slowest 503", max(shed, default=0.0), 2)
        report.must("/healthz did not answer", bool(health) and -1 not in health)
        report.goal("/healthz p99", 1000 * p99(health), 10, "ms")
        report.goal("answers again after", slowest, 1)


@fault("disk-full", "R7", short=1, long=10)
async def disk_full(workshop: Workshop, rounds: int, report: Report) -> None:
    """the disk of the data is full under load: writes get 503, reads go on, nothing crashes, writes go on by themselves when
    there is room again; without room for an audit event there is no change"""
    cluster = Cluster(workshop, "disk")
    disk = small_disk(cluster, "128m")
    subprocess.run(["cp", "-a", await workshop.prepared_data(), disk / "data"], check=True)
    cluster.data = disk / "data"
    # The log's own disk is another matter: PostgreSQL ends without room for that.
    log = cluster.directory / "wal"
    subprocess.run(["mv", cluster.data / "pg_wal", log], check=True)
    (cluster.data / "pg_wal").symlink_to(log)
    os.chown(cluster.data / "pg_wal", *owner_of(cluster.data), follow_symlinks=False)
    disk.chmod(0o755)
    async with Stack(workshop, "disk", cluster=cluster) as stack:
        token = (await sign_in(stack, PEOPLE["acme"][1]))["access_token"]
        reads: dict[int, int] = {}
        refused = 0
        slowest = 0.0
        filler = disk / "filler"
        async with Load(stack, clients=4) as load:
            for _ in range(rounds):
                await load.more(40)
                fill(filler)
                reader = Connection(stack.api.port)
                before = load.journal.answers[503]
                end = time.monotonic() + 30
                # Tables have some room in their last pages: writes go on until that is used up.
                while load.journal.answers[503] < before + 20 and time.monotonic() < end:
                    fill(filler)
                    answer = await reader.request("GET", "/api/v1/items?limit=5", token=token)
                    reads[answer.status] = reads.get(answer.status, 0) + 1
                    await asyncio.sleep(0.02)
                reader.close()
                refused += load.journal.answers[503] - before
                filler.unlink()
                slowest = max(slowest, await healed(load))
            await load.stop()
        report.count("writes acknowledged", len(load.journal.writes))
        report.count("writes refused with 503", refused)
        report.count("reads meanwhile", sum(reads.values()))
        report.none("reads that failed", [str(status) for status in reads if status not in (200, 503)])
        report.goal("reads shed with 503", reads.get(503, 0), 0, "")
        report.must("no write was refused, so nothing was shown", refused > 0)
        report.none("lost or doubled", load.compare())
        report.must(
            "PostgreSQL had to recover",
            "database system was interrupted" not in cluster.log().split("ready to accept", 1)[1],
        )
        report.goal("writes again after", slowest, 2)


def small_disk(cluster: Cluster, size: str) -> Path:
    """In the mount namespace of this run: it goes away with it."""
    disk = cluster.directory / "disk"
    disk.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], check=True, capture_output=True
        )
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        raise Impossible("mounting a small disk is not permitted here") from error
    return disk


@fault("log-disk-full", "R7", short=1, long=10)
async def log_disk_full(workshop: Workshop, rounds: int, report: Report) -> None:
    """the disk of PostgreSQL's write-ahead log is full under load: PostgreSQL ends, everything gets 503; its supervisor starts it
    in vain until there is room, then writes go on within 2 s, and nothing is lost or doubled; the services never end"""
    cluster = Cluster(workshop, "disk", {"min_wal_size": "8MB", "max_wal_size": "16MB"})
    disk = small_disk(cluster, "64m")
    subprocess.run(["cp", "-a", await workshop.prepared_data(), cluster.data], check=True)
    subprocess.run(["cp", "-a", cluster.data / "pg_wal", disk / "wal"], check=True)
    shutil.rmtree(cluster.data / "pg_wal")
    (cluster.data / "pg_wal").symlink_to(disk / "wal")
    disk.chmod(0o755)
    async with Stack(workshop, "disk", cluster=cluster) as stack:
        ends = slowest = 0.0

        async def supervise() -> None:
            nonlocal ends
            while True:
                if cluster.server.poll() is not None:
                    ends += 1
                    with contextlib.suppress(Broken):
                        await cluster.start()
                await asyncio.sleep(0.2)

        supervisor = asyncio.create_task(supervise())
        filler = disk / "filler"
        async with Load(stack, clients=4) as load:
            for _ in range(rounds):
                await load.more(40)
                before, refused = ends, load.journal.answers[503]
                end = time.monotonic() + 60
                # Segments that were there before are used up first. Twice: it ended under load, and again when it was started.
                while (ends < before + 2 or load.journal.answers[503] < refused + 20) and time.monotonic() < end:
                    fill(filler)
                    with contextlib.suppress(subprocess.CalledProcessError):
                        await asyncio.to_thread(cluster.sql, "select pg_switch_wal()")
                    await asyncio.sleep(0.02)
                report.must("PostgreSQL went on without room for its log, so nothing was shown", ends >= before + 2)
                filler.unlink()
                await cluster_answers(cluster)
                slowest = max(slowest, await healed(load))
            await load.stop()
        supervisor.cancel()
        report.count("writes acknowledged", len(load.journal.writes))
        report.count("times PostgreSQL ended", ends)
        report.count("answered 503", load.journal.answers[503])
        report.none("lost or doubled", load.compare() + stack.audit_log())
        report.none(
            "services that ended", [service.name for service in stack.services if service.process.poll() is not None]
        )
        report.goal("writes again after PostgreSQL answers", slowest, 2)


async def cluster_answers(cluster: Cluster) -> None:
    """Of one that a supervisor starts."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(subprocess.CalledProcessError):
            await asyncio.to_thread(cluster.sql, "select 1")
            return
        await asyncio.sleep(0.02)
    raise Broken(f"PostgreSQL does not answer: {cluster.log()[-2000:]}")


def owner_of(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_uid, state.st_gid


def fill(file: Path) -> None:
    """Takes what room there is."""
    with open(file, "ab", buffering=0) as filler:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while filler.write(bytes(size)) == size:
                    pass
