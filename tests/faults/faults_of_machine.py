"""What the machine under a service gives, and takes away: pipes, descriptors, time."""

import asyncio
import contextlib
import os
import resource
import time

from fault import fault
from faults_of_processes import tell_of_failures, until_ready
from load import Connection, Load, sign_in
from machine import PEOPLE, TOOLS, Impossible, Stack, Workshop
from report import Report


@fault("log-blocked", "R8", short=1, long=5)
async def log_blocked(workshop: Workshop, rounds: int, report: Report) -> None:
    """nobody reads the log's pipe, then its reader is gone, then its disk is full: requests are unaffected, lines are dropped
    and counted, the service ends when it is told to"""
    async with Stack(workshop, "log") as stack:
        failed = []
        dropped = 0.0
        journals = []
        for kind in ["pipe that nobody reads", "pipe whose reader is gone", "/dev/full"] * rounds:
            await stack.api.process.stop()
            reader, writer = (None, os.open("/dev/full", os.O_WRONLY)) if kind == "/dev/full" else os.pipe()
            await stack.api.start(output=writer)
            os.close(writer)
            if kind == "pipe whose reader is gone":
                os.close(reader)
            await until_ready(stack.api)
            name = f"log-{stack.api.starts}"
            async with Load(stack, name=name) as load:
                # About 500 bytes a line: the pipe's 64 KB are full after a moment, the buffer of 1 MB after this.
                await load.more(3000 if kind == "pipe that nobody reads" else 300)
                await load.stop()
            journals.append(load.journal)
            failed += [f"{kind}: {wrong}" for wrong in load.compare()]
            dropped += await metric(stack, "phasezero_log_lines_dropped_total")
            if await stack.api.process.stop(limit=15) != 0:
                failed.append(f"{kind}: ended with {stack.api.process.exit_code}")
            if kind == "pipe that nobody reads":
                os.close(reader)
            await stack.api.start()
        report.count("lines dropped", dropped)
        report.must("no line was dropped and counted, so nothing was shown", dropped > 0)
        report.none("wrong", failed)
        tell_of_failures(report, journals)


async def metric(stack: Stack, name: str) -> float:
    connection = Connection(stack.api.port)
    text = (await connection.request("GET", "/metrics")).body.decode()
    connection.close()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


@fault("files-exhausted", "R26", short=1, long=20)
async def files_exhausted(workshop: Workshop, rounds: int, report: Report) -> None:
    """the API may open no more files while clients go on connecting: those who are connected are served, it uses no processor
    meanwhile (5 %), and takes new ones within 1 s after there is room"""
    async with Stack(workshop, "files") as stack:
        pid = stack.api.process.pid
        token = (await sign_in(stack, PEOPLE["acme"][1]))["access_token"]
        connection = Connection(stack.api.port)
        old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        failed = []
        busiest = slowest = 0.0
        for _ in range(rounds):
            # Its database connections are open.
            answers = [
                await connection.request("GET", "/api/v1/items?limit=1", token=token) for _ in range(20)
            ]
            open_files = len(os.listdir(f"/proc/{pid}/fd"))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_files + 10, old[1]))
            crowd = [
                await asyncio.open_connection("127.0.0.1", stack.api.port, local_addr=("127.0.0.4", 0))
                for _ in range(60)
            ]
            await asyncio.sleep(0.5)
            before, began = stack.api.process.processor_seconds(), time.monotonic()
            await asyncio.sleep(3)
            busiest = max(
                busiest, (stack.api.process.processor_seconds() - before) / (time.monotonic() - began)
            )
            answers += [
                await connection.request("GET", "/api/v1/items?limit=1", token=token) for _ in range(20)
            ]
            failed += [str(answer.status) for answer in answers if answer.status not in (200, 503)]
            for _, writer in crowd:
                writer.close()
            resource.prlimit(pid, resource.RLIMIT_NOFILE, old)
            began = time.monotonic()
            newcomer = Connection(stack.api.port)
            if (await newcomer.request("GET", "/api/v1/items?limit=1", token=token)).status not in (200, 503):
                failed.append("a newcomer")
            newcomer.close()
            slowest = max(slowest, time.monotonic() - began)
        connection.close()
        report.none("failed", failed)
        report.must("the service ended", stack.api.process.poll() is None)
        report.goal("processor meanwhile", 100 * busiest, 5, "%")
        report.goal("newcomers served after", slowest, 1)


#: The step, and whether a token that was issued at the true time is good while the API's clock is off by it: it lives 900 s,
#: and 30 s of leeway are given both ways.
STEPS = {
    "+20": True,
    "-20": True,
    "+600": True,
    "-600": False,
    "-3600": False,
    "+1200": False,
    "+315360000": False,
}


@fault("clock-steps", "R9", short=0, long=3, packages=("faketime",))
async def clock_steps(workshop: Workshop, rounds: int, report: Report) -> None:
    """the wall clock of one service at a time steps by 20 s, 10 min, an hour, ten years and back under load: each token is
    worth what that clock says, give or take 30 s, no timer stalls, all is well when the clock is right again
    """
    library = next(iter((TOOLS / "usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
    if library is None:
        raise Impossible("there is no libfaketime: ./dev fault fetches it")
    step_file = workshop.new_directory("clock") / "step"
    async with Stack(workshop, "clock") as stack:
        wrong = []
        steps = 0
        for service in stack.services:
            step_file.write_text("+0\n")
            await service.process.stop()
            await service.start(
                more={
                    "LD_PRELOAD": str(library),
                    "FAKETIME_TIMESTAMP_FILE": str(step_file),
                    "FAKETIME_CACHE_DURATION": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "FAKETIME_NO_CACHE": "1",
                }
            )
            await until_ready(service)
            connection = Connection(stack.api.port)
            for step, good in list(STEPS.items()) * rounds:
                step_file.write_text("+0\n")
                await until_ready(service)
                token = (await sign_in(stack, PEOPLE["acme"][1]))["access_token"]
                step_file.write_text(step + "\n")
                steps += 1
                if service is stack.identity:
                    # The API's clock is right, so its verdict about the token from before does not change.
                    good = True
                for _ in range(20):
                    answer = await connection.request("GET", "/api/v1/items?limit=1", token=token)
                    if (answer.status == 200) != good or answer.status not in (200, 401):
                        wrong.append(f"{service.name} {step}: {answer.status}")
                        break
                alive = Connection(service.port, limit=5)
                if (await alive.request("GET", "/readyz")).status != 200:
                    wrong.append(f"{service.name} {step}: not ready")
                # A timer: half a head is cut after its 5 s, whatever the wall clock says.
                if step == "+315360000" or step == "-3600":
                    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
                    writer.write(b"GET /healthz HTTP/1.1\r\nHo")
                    began = time.monotonic()
                    with contextlib.suppress(OSError):
                        await asyncio.wait_for(reader.read(), 30)
                    writer.close()
                    if not 3 < time.monotonic() - began < 25:
                        wrong.append(
                            f"{service.name} {step}: a slow client was cut after {time.monotonic() - began:.1f} s"
                        )
                alive.close()
            step_file.write_text("+0\n")
            async with Load(stack, name=f"after-{service.name}") as load:
                await load.more(100)
                await load.stop()
            wrong += load.compare()
            connection.close()
            await service.process.stop()
            await service.start()
        report.count("steps", steps)
        report.none("wrong verdicts and stalls", wrong)
