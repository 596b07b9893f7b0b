"""Clients that behave badly, beside clients that do not."""

from fault import fault
from faults_of_processes import tell_of_failures
from load import Load
from machine import Stack, Workshop
from report import Report


@fault("noisy-tenant", "R29", short=1, long=10)
async def noisy_tenant(workshop: Workshop, rounds: int, report: Report) -> None:
    """one organization asks twenty times as much as the other: the other is refused nothing, and its p99 is at most twice
    what it was alone"""
    async with Stack(workshop, "noisy") as stack:
        quiet_before: list[float] = []
        quiet_beside: list[float] = []
        besides = []
        wrong: list[str] = []
        noise = 0
        for number in range(rounds):
            async with Load(
                stack, clients=2, name=f"alone-{number}", tenants=["globex"], pause=0.02, writes=False
            ) as alone:
                await alone.more(150)
                await alone.stop()
            quiet_before += alone.journal.seconds
            async with Load(
                stack, clients=40, name=f"noise-{number}", tenants=["acme"], source="127.0.0.2"
            ) as noisy:
                await noisy.more(40)
                async with Load(
                    stack, clients=2, name=f"beside-{number}", tenants=["globex"], pause=0.02, writes=False
                ) as beside:
                    await beside.more(150)
                    await beside.stop()
                await noisy.stop()
            quiet_beside += beside.journal.seconds
            noise += noisy.journal.requests()
            besides.append(beside.journal)
            wrong += noisy.compare() + beside.journal.wrong
        report.count("requests of the noisy one", noise)
        report.count("of the other", len(quiet_beside))
        tell_of_failures(report, besides)
        report.none("wrong", wrong)
        before, beside_p99 = (sorted(part)[int(len(part) * 0.99)] for part in (quiet_before, quiet_beside))
        report.count("its p99 alone", before * 1000, "ms")
        report.goal("its p99 beside the noise", beside_p99 / before, 2, "times that")
