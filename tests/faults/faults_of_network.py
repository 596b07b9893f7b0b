"""The way between the services and PostgreSQL breaks."""

import asyncio
import contextlib
import os
import random
import subprocess
import time

from fault import fault
from load import Load
from machine import Cluster, Impossible, Stack, Workshop, give_to_server
from proxy import Proxy
from report import Report

#: A statement has 3 s, and its connection one more to say so before it counts as lost (pg::Pool).
GIVEN_UP_AFTER = 4.5


async def healed(load: Load) -> float:
    """Seconds to the next write that is acknowledged."""
    began, before = time.monotonic(), len(load.journal.writes)
    while len(load.journal.writes) == before:
        await asyncio.sleep(0.005)
        if time.monotonic() - began > 60:
            raise TimeoutError("no write is acknowledged a minute after the network came back")
    return time.monotonic() - began


def tell(report: Report, load: Load) -> None:
    journal = load.journal
    report.count("writes acknowledged", len(journal.writes))
    report.count("answered 503", journal.answers[503])
    report.none("lost or doubled", load.compare())
    report.must("503 without Retry-After", journal.without_retry_after == 0)
    report.must("nobody noticed, so nothing was shown", journal.refused() > 0)
    others = {
        status: count
        for status, count in journal.answers.items()
        if status >= 500 and status not in (503, 504)
    }
    report.must(f"answers that are neither good nor 503 nor 504: {others}", not others)


@fault("database-swallowed", "R4", short=1, long=20)
async def database_swallowed(workshop: Workshop, rounds: int, report: Report) -> None:
    """every byte between the services and PostgreSQL is swallowed for 6 s under load: waiting requests end with 503 or 504
    within 4.5 s, writes go on within 1 s after"""
    cluster = Cluster(workshop, "swallowed")
    async with Proxy(cluster.sockets / ".s.PGSQL.5432") as proxy:
        async with Stack(workshop, "swallowed", cluster=cluster, database_host=proxy.host) as stack:
            slowest_heal = slowest_answer = 0.0
            async with Load(stack) as load:
                for _ in range(rounds):
                    await load.more(100)
                    load.journal.unavailable_seconds.clear()
                    proxy.swallowing = True
                    await asyncio.sleep(6)
                    proxy.swallowing = False
                    slowest_answer = max([slowest_answer, *load.journal.unavailable_seconds])
                    slowest_heal = max(slowest_heal, await healed(load))
                await load.stop()
            tell(report, load)
            report.goal("slowest 503", slowest_answer, GIVEN_UP_AFTER)
            report.goal("writes again after", slowest_heal, 1)


@fault("database-reset", "R4", short=1, long=60)
async def database_reset(workshop: Workshop, rounds: int, report: Report) -> None:
    """connections to PostgreSQL are reset or half closed in the middle of messages every 50 ms, pieces delayed by up to
    5 ms: nothing acknowledged is lost or doubled"""
    cluster = Cluster(workshop, "reset")
    async with Proxy(cluster.sockets / ".s.PGSQL.5432") as proxy:
        async with Stack(workshop, "reset", cluster=cluster, database_host=proxy.host) as stack:
            async with Load(stack) as load:
                await load.more(20)
                for _ in range(rounds * 60):
                    proxy.delay = random.choice([0.0, 0.001, 0.005])
                    random.choice([proxy.reset_one, proxy.reset_one, proxy.half_close_one])()
                    await asyncio.sleep(0.05)
                proxy.delay = 0.0
                slowest = await healed(load)
                await load.stop()
            tell(report, load)
            journal = load.journal
            report.count("requests", journal.requests())
            report.count("refused", 100 * journal.refused() / journal.requests(), "%")
            report.goal("writes again after", slowest, 1)


class Namespace:
    """PostgreSQL's own network, a cable away from ours."""

    def __init__(self):
        self.name = f"pz-faults-{os.getpid()}"
        # One of our own for each run at the same time.
        self.ours, self.theirs = (f"169.254.{1 + os.getpid() % 250}.{end}" for end in (1, 2))
        self.cable = f"pzf{os.getpid() % 100000}"

    def __enter__(self):
        try:
            self._ip("netns", "add", self.name)
            self._ip("link", "add", self.cable, "type", "veth", "peer", "name", "db", "netns", self.name)
            self._ip("addr", "add", f"{self.ours}/30", "dev", self.cable)
            self._ip("link", "set", self.cable, "up")
            self._inside("addr", "add", f"{self.theirs}/30", "dev", "db")
            self._inside("link", "set", "db", "up")
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            self.__exit__()
            raise Impossible(
                "network namespaces are not permitted here, or there is no ip (iproute2)"
            ) from error
        return self

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.CalledProcessError, FileNotFoundError):
            self._ip("netns", "del", self.name)

    def pull(self) -> None:
        self._inside("link", "set", "db", "down")

    def plug(self) -> None:
        self._inside("link", "set", "db", "up")

    @property
    def prefix(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]

    def _inside(self, *words: str) -> None:
        self._ip("-netns", self.name, *words)

    @staticmethod
    def _ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)


@fault("cable-pulled", "R4", short=1, long=10)
async def cable_pulled(workshop: Workshop, rounds: int, report: Report) -> None:
    """PostgreSQL is in a network namespace of its own and its cable is pulled for 10 s under load: waiting requests end with
    503 or 504 within 4.5 s, writes go on within 1 s after"""
    if os.geteuid() != 0:
        raise Impossible("network namespaces need root")
    with Namespace() as network:
        cluster = Cluster(workshop, "cable", {"listen_addresses": network.theirs})
        cluster.prefix = network.prefix
        subprocess.run(["cp", "-a", await workshop.prepared_data(), cluster.data], check=True)
        with open(cluster.data / "pg_hba.conf", "a", encoding="utf-8") as rules:
            rules.write(f"host all all {network.ours}/30 scram-sha-256\n")
        give_to_server(cluster.data / "pg_hba.conf")
        async with Stack(workshop, "cable", cluster=cluster, database_host=f"host={network.theirs}") as stack:
            slowest_heal = slowest_answer = 0.0
            async with Load(stack) as load:
                for _ in range(rounds):
                    await load.more(100)
                    load.journal.unavailable_seconds.clear()
                    network.pull()
                    await asyncio.sleep(10)
                    network.plug()
                    slowest_answer = max([slowest_answer, *load.journal.unavailable_seconds])
                    slowest_heal = max(slowest_heal, await healed(load))
                await load.stop()
            tell(report, load)
            report.goal("slowest 503", slowest_answer, GIVEN_UP_AFTER)
            report.goal("writes again after", slowest_heal, 1)
