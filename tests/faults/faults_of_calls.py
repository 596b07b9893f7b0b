"""System calls of the services fail, one kind at a time."""

import asyncio
import contextlib
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from fault import fault
from faults_of_network import healed
from load import Connection, Load, Lost
from machine import PEOPLE, Broken, Impossible, Process, Service, Stack, Workshop, tool
from report import Report


@dataclass(frozen=True)
class Kind:
    """Calls that fail with an error, every so many of a thread; `path`: those of this file alone."""

    calls: str
    errors: tuple[str, ...]
    every: int
    path: str = ""
    in_short_run: bool = False


SENDS, RECEIVES = "sendmsg,sendto", "recvmsg,recvfrom"
KINDS = [
    Kind(SENDS, ("EINTR",), 3),
    Kind(SENDS, ("EPIPE",), 30, in_short_run=True),
    Kind(SENDS, ("ECONNRESET", "ENOBUFS", "ENOMEM"), 30),
    Kind(RECEIVES, ("EINTR",), 3, in_short_run=True),
    Kind(RECEIVES, ("ECONNRESET",), 30, in_short_run=True),
    Kind(RECEIVES, ("ENOBUFS", "ENOMEM", "ETIMEDOUT"), 30),
    Kind("epoll_wait,epoll_pwait,poll,ppoll", ("EINTR",), 2, in_short_run=True),
    Kind("accept,accept4", ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ECONNABORTED", "EINTR"), 2),
    Kind("accept,accept4", ("EMFILE",), 1, in_short_run=True),
    Kind("socket,connect", ("EMFILE", "ENOBUFS", "EINTR"), 1),
    Kind("openat", ("EMFILE", "ENOSPC", "EACCES"), 1),
    Kind("write,writev", ("ENOSPC", "EINTR", "EIO"), 2, path="log"),
    Kind("write,writev", ("ENOSPC",), 1, path="audit/checkpoints.jws"),
    Kind("fsync,fdatasync", ("ENOSPC", "EIO", "EINTR"), 1, in_short_run=True),
]


class Failing:
    """strace on a running service, for as long as the block lasts."""

    def __init__(self, service: Service, kind: Kind, error: str, directory: Path):
        self.service, self.trace = service, directory / "strace.out"
        self.trace.unlink(missing_ok=True)
        paths = {"log": service.log_file, "": None}.get(kind.path, directory / kind.path)
        self.command = [
            *(tool("usr/bin/strace"), "-f", "-qq", "-s", "0", "-p", str(service.process.pid), "-o", self.trace),
            *("-e", f"trace={kind.calls}", "-e", f"inject={kind.calls}:error={error}:when={kind.every}+{kind.every}"),
            *(["-P", paths] if paths else []),
        ]
        self.said = directory / "strace.err"
        self.said.unlink(missing_ok=True)

    async def __aenter__(self):
        self.process = Process(
            self.command, environment={"PATH": "/usr/bin:/bin"}, output=self.said, ends_by=signal.SIGTERM
        )
        end = time.monotonic() + 30
        while not self._is_traced():
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.said.read_text(errors="replace")
                if "Operation not permitted" in said:
                    raise Impossible("tracing a process is not permitted here (ptrace)")
                raise Broken(f"strace does not trace: {said}")
            await asyncio.sleep(0.01)
        return self

    def _is_traced(self) -> bool:
        with contextlib.suppress(OSError):
            threads = list(Path(f"/proc/{self.service.process.pid}/task").iterdir())
            return all(
                re.search(r"^TracerPid:\t[1-9]", (thread / "status").read_text(), re.MULTILINE) for thread in threads
            )
        return False

    async def __aexit__(self, *_):
        # It lets go of the service, whose calls are then its own again.
        await self.process.stop(signal.SIGTERM)

    def failed(self) -> int:
        return self.trace.read_text(errors="replace").count("(INJECTED)") if self.trace.exists() else 0


class SignIns:
    """People who sign in and renew their tokens for as long as the block lasts."""

    def __init__(self, stack: Stack):
        self.stack, self.answers, self.going = stack, Counter(), True

    async def __aenter__(self):
        self.task = asyncio.create_task(self._go())
        return self

    async def _go(self) -> None:
        connection = Connection(self.stack.identity.port)
        while self.going:
            person = PEOPLE["acme"][0]
            form = {"grant_type": "password", "username": person[0], "password": person[1]}
            for _ in range(2):
                try:
                    answer = await connection.request("POST", "/token", form=form)
                except Lost:
                    self.answers[0] += 1
                    break
                self.answers[answer.status] += 1
                if answer.status != 200:
                    break
                form = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
            # A new connection, so that one is taken.
            connection.close()
            await asyncio.sleep(0.02)

    async def well(self) -> None:
        """Returns when somebody has signed in."""
        before, end = self.answers[200], time.monotonic() + 60
        while self.answers[200] < before + 2:
            if time.monotonic() > end:
                raise TimeoutError(f"nobody can sign in a minute after: {dict(self.answers)}")
            await asyncio.sleep(0.01)

    async def __aexit__(self, *_):
        self.going = False
        await self.task


def unclean(answers: Counter) -> list[str]:
    """Answers that are neither what was asked for, nor 503 or 504, nor none at all."""
    return [f"{count} times {status}" for status, count in answers.items() if status in (401, 403) or status in (500, 502)]


async def newcomers(service: Service, going: asyncio.Event) -> None:
    """Connections that come and go, so that there is something to accept."""
    while not going.is_set():
        connection = Connection(service.port, limit=2)
        with contextlib.suppress(Lost):
            await connection.request("GET", "/healthz")
        connection.close()
        await asyncio.sleep(0.02)


@fault("calls-failing", "R25", short=1, long=5)
async def calls_failing(workshop: Workshop, rounds: int, report: Report) -> None:
    """system calls of each service fail under load, kind by kind (EINTR, EPIPE, ECONNRESET, ENOBUFS, ENOMEM, EMFILE, ENOSPC,
    EIO): it does not end, answers are good, 503, 504 or none, nothing acknowledged is lost or doubled, and all is well within
    1 s after"""
    kinds = [kind for kind in KINDS if report.long or kind.in_short_run]
    failed: Counter[str] = Counter()
    ended, never = [], []
    slowest = 0.0
    async with Stack(workshop, "calls", api={"PZ_AUDIT_SIGN_SECONDS": "1"}) as stack:
        directory = stack.directory
        async with Load(stack, clients=4) as load, SignIns(stack) as signing_in:
            await load.more(20)
            for _ in range(rounds):
                for kind in kinds:
                    for error in kind.errors:
                        for service in stack.services:
                            if kind.path and not (directory / kind.path).exists() and kind.path != "log":
                                continue
                            stop = asyncio.Event()
                            crowd = asyncio.create_task(newcomers(service, stop))
                            try:
                                async with Failing(service, kind, error, directory) as failing:
                                    await asyncio.sleep(2 if report.long else 0.7)
                                failed[f"{service.name} {kind.calls} {error}"] += failing.failed()
                            finally:
                                stop.set()
                                await crowd
                            if service.process.poll() is not None:
                                ended.append(
                                    f"{service.name}: {kind.calls} {error}: {service.process.exit_code}: {service.log()[-600:]}"
                                )
                                await service.start()
                            began = time.monotonic()
                            await signing_in.well()
                            await healed(load)
                            slowest = max(slowest, time.monotonic() - began)
            await load.stop()
        wrong = load.compare() + stack.audit_log()
    journal = load.journal
    report.count("kinds", sum(len(kind.errors) for kind in kinds))
    met = {name.split(" ", 1)[1] for name, count in failed.items() if count}
    report.count("kinds that a call met", len(met))
    report.count("calls that failed", failed.total())
    report.count("requests", journal.requests() + signing_in.answers.total())
    report.count("without an answer", journal.answers[0] + signing_in.answers[0])
    report.count("answered 503 or 504", sum(a[s] for a in (journal.answers, signing_in.answers) for s in (503, 504)))
    report.none("processes that ended", ended)
    report.none("lost or doubled", wrong)
    report.none("other answers", unclean(journal.answers) + unclean(signing_in.answers))
    report.must("no call failed, so nothing was shown", failed.total() > 0)
    report.goal("all well again after", slowest, 1)
