"""The services end, in every way in which a process ends."""

import asyncio
import random
import signal
import time
from collections import Counter

from fault import fault
from load import Connection, Journal, Load, Lost, sign_in
from machine import (
    PATIENCE,
    PEOPLE,
    Process,
    Service,
    Stack,
    Workshop,
    plain_environment,
    processes_of,
    programs,
)
from report import Report


async def is_ready(service: Service) -> bool:
    connection = Connection(service.port)
    try:
        return (await connection.request("GET", "/readyz")).status == 200
    except Lost:
        return False
    finally:
        connection.close()


async def until_ready(service: Service) -> None:
    end = time.monotonic() + PATIENCE
    while not await is_ready(service):
        if time.monotonic() > end:
            raise TimeoutError(f"{service.name} is not ready after a minute")
        await asyncio.sleep(0.005)


@fault("service-killed", "R3", short=4, long=200)
async def service_killed(workshop: Workshop, rounds: int, report: Report) -> None:
    """kill -9 of each service in turns under load: nothing acknowledged is lost or doubled, sessions live on, ready again
    within 200 ms, the listening socket held by a supervisor meanwhile"""
    async with Stack(workshop, "killed") as stack:
        sessions: list[str] = []
        slowest = {service.name: 0.0 for service in stack.services}
        async with Load(stack) as load:
            for number in range(rounds):
                service = stack.services[number % 2]
                # A session that was acknowledged just before.
                sessions.append((await sign_in(stack, PEOPLE["acme"][0]))["refresh_token"])
                await load.more(20)
                service.process.kill()
                await service.process.wait()
                began = time.monotonic()
                await service.start()
                await until_ready(service)
                slowest[service.name] = max(slowest[service.name], time.monotonic() - began)
                await load.more(1)
            await load.stop()
        journal = load.journal
        lost = []
        for token in sessions:
            connection = Connection(stack.identity.port)
            form = {"grant_type": "refresh_token", "refresh_token": token}
            while (answer := await connection.request("POST", "/token", form=form)).status == 503:
                await asyncio.sleep(0.1)
            connection.close()
            if answer.status != 200:
                lost.append(f"a session: {answer.status} {answer.body[:200]!r}")
        report.count("writes acknowledged", len(journal.writes))
        report.count("requests without an answer", journal.answers[0])
        report.none("lost or doubled", load.compare())
        report.none("sessions lost", lost)
        report.must("nobody noticed, so nothing was shown", journal.answers[0] > 0 or rounds < 2)
        for name, seconds in slowest.items():
            report.goal(f"{name} serves after", seconds * 1000, 200, "ms")


def tell_of_failures(report: Report, journals: list[Journal]) -> None:
    """Of a fault that no client should notice. A machine that is too busy may shed with 503: a goal of the long run."""
    answers = sum((journal.answers for journal in journals), Counter())
    report.none(
        "failed",
        [
            f"{count} times {status or 'no answer'}"
            for status, count in answers.items()
            if status == 0 or status >= 500 and status != 503
        ],
    )
    report.goal("answered 503", answers[503], 0, "")


@fault("rolling-restart", "R6", short=3, long=200)
async def rolling_restart(workshop: Workshop, rounds: int, report: Report) -> None:
    """SIGTERM to each service in turns under load, its successor already at the same listening socket: 0 requests fail,
    gone within 8 s"""
    async with Stack(workshop, "rolling") as stack:
        slowest = 0.0
        codes = []
        async with Load(stack) as load:
            for number in range(rounds):
                service = stack.services[number % 2]
                successor, notify = service.spawn()
                await service.serves(successor, notify)
                old, service.process = service.process, successor
                began = time.monotonic()
                old.send(signal.SIGTERM)
                if number % 2 == 0:
                    await sign_in(stack, PEOPLE["globex"][0])
                await load.more(20)
                code = await old.wait()
                slowest = max(slowest, time.monotonic() - began)
                if code != 0:
                    codes.append(f"{service.name} ended with {code}")
            await load.stop()
        journal = load.journal
        report.count("requests", journal.requests())
        tell_of_failures(report, [journal])
        report.none("exit codes that are not 0", codes)
        report.none("lost or doubled", load.compare())
        report.goal("gone after", slowest, 8)


@fault("first-start-killed", "R30", short=2, long=200)
async def first_start_killed(workshop: Workshop, rounds: int, report: Report) -> None:
    """`phasezero up` is killed at random moments of its first start: the next start works, and nothing is left running"""
    failed = []
    killed_in = []
    for _ in range(rounds):
        directory = workshop.new_directory("first-start")
        environment = plain_environment() | {"PZ_STATE_DIR": str(directory / "state")}
        command = [
            programs() / "phasezero",
            "up",
            "--json",
            "--no-smoke",
            "--web-port",
            "0",
            "--api-port",
            "0",
            "--identity-port",
            "0",
        ]
        # About as long as a first start takes: initdb, migrations, the demo's rows, the services.
        moment = random.uniform(0.0, 6.0)
        first = Process(command, environment=environment, output=directory / "first.log")
        ended = await first.wait(moment)
        first.kill()
        await first.wait()
        killed_in.append(moment)
        if ended is not None:
            failed.append(f"ended by itself with {ended}: {(directory / 'first.log').read_text()[-500:]}")
        second = Process(command, environment=environment, output=directory / "second.log")
        end = time.monotonic() + PATIENCE
        log = ""
        while '"event":"ready"' not in log and second.poll() is None and time.monotonic() < end:
            await asyncio.sleep(0.05)
            log = (directory / "second.log").read_text()
        if '"event":"ready"' not in log:
            failed.append(f"killed after {moment:.2f} s, and the next start does not work: {log[-1500:]}")
        await second.stop(signal.SIGTERM)
        end = time.monotonic() + PATIENCE
        while (left := processes_of(directory)) and time.monotonic() < end:
            await asyncio.sleep(0.05)
        if left:
            failed.append(f"killed after {moment:.2f} s, and these are left: {left}")
    report.count("killed between", min(killed_in), "s")
    report.count("and", max(killed_in), "s")
    report.none("starts that did not work", failed)
