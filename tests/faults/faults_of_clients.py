"""Clients that behave badly, beside clients that do not."""

import asyncio
import json
import os
import sys
from pathlib import Path

from fault import fault
from load import Load, sign_in
from machine import PEOPLE, Service, Stack, Workshop
from report import Report


async def ask_apart(service: Service, path: str, seconds: float, token: str = "") -> list[float]:
    """What each answer took, -1 for one that is not 200; asked by a process of its own, because this one is busy."""
    probe = await asyncio.create_subprocess_exec(
        sys.executable,
        Path(__file__).with_name("probe.py"),
        str(service.port),
        path,
        str(seconds),
        env=os.environ | {"TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
    )
    return json.loads((await probe.communicate())[0])


def p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


@fault("noisy-tenant", "R29", short=1, long=10)
async def noisy_tenant(workshop: Workshop, rounds: int, report: Report) -> None:
    """one organization asks twenty times as much as the other: the other is refused nothing, and its p99 is at most twice
    what it was alone"""
    async with Stack(workshop, "noisy") as stack:
        token = (await sign_in(stack, PEOPLE["globex"][1]))["access_token"]
        alone: list[float] = []
        beside: list[float] = []
        wrong: list[str] = []
        noise = 0
        for number in range(rounds):
            alone += await ask_apart(stack.api, "/api/v1/items?limit=20", 3, token)
            async with Load(stack, clients=40, name=f"noise-{number}", tenants=["acme"]) as noisy:
                await noisy.more(40)
                beside += await ask_apart(stack.api, "/api/v1/items?limit=20", 3, token)
                await noisy.stop()
            noise += noisy.journal.requests()
            wrong += noisy.compare()
        report.count("requests of the noisy one", noise)
        report.count("of the other", len(beside))
        report.none("wrong", wrong)
        report.must("the other was served nothing", any(seconds >= 0 for seconds in beside))
        report.goal("the other's requests refused", sum(seconds < 0 for seconds in alone + beside), 0, "")
        report.count("its p99 alone", p99(alone) * 1000, "ms")
        report.goal("its p99 beside the noise", p99(beside) / p99(alone), 2, "times that")
