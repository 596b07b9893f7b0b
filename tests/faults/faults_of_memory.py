"""There is no memory for a moment; and the kernel takes and gives less than it was asked for."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter

from fault import fault
from faults_of_calls import SignIns, unclean
from faults_of_network import healed
from load import Connection, Load, Lost, Written
from machine import PEOPLE, Broken, Service, Stack, Workshop
from report import Report
from shim import Shim

#: How many allocations fail behind the one, in a row: one alone, a few, and so many that what cleans up meets them, too.
BURSTS = (0, 3, 30)


class Sites:
    """Requests, each of which meets one failing allocation."""

    def __init__(self, stack: Stack, shims: dict[str, Shim], load: Load):
        self.stack, self.shims, self.load = stack, shims, load
        self.token = load.tokens[PEOPLE["acme"][0]]
        self.answers: Counter[int] = Counter()
        self.ended: list[str] = []
        self.crashed: list[str] = []
        self.failed = 0
        self.doing = ""
        self.numbers = itertools.count()

    async def ask(self, service: Service, method: str, path: str, *, fresh: bool, site: int, burst: int, **what) -> int:
        """The status of the answer, 0 without one."""
        shim = self.shims[service.name]
        connection = Connection(service.port, limit=15)
        if not fresh:
            await self._until_well(connection)
        before, self.doing = shim.read("failed"), f"{method} {path}, allocation {site} and {burst} more"
        shim.fail(site, burst)
        try:
            answer = await connection.request(method, path, **what)
            status, self.last = answer.status, answer
        except Lost:
            status, self.last = 0, None
        shim.rest()
        connection.close()
        self.answers[status] += 1
        self.failed += shim.read("failed") - before
        return status

    async def _until_well(self, connection: Connection) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if (await connection.request("GET", "/readyz")).status == 200:
                    return
            except Lost:
                pass
            await asyncio.sleep(0.02)
        raise TimeoutError("not ready a minute after an allocation failed")

    async def supervise(self) -> None:
        """Starts what has ended again, as whatever runs services does, and keeps what it said."""
        while True:
            for service in self.stack.services:
                if service.process.poll() is not None:
                    code, said = service.process.exit_code, service.log().strip().splitlines()[-2:]
                    text = f"{service.name}: {self.doing}: ended with {code}: {' '.join(said)[-400:]}"
                    (self.ended if said_why(code, said) else self.crashed).append(text)
                    self.shims[service.name].rest()
                    # A start may meet the next site; then it is started once more.
                    with contextlib.suppress(Broken):
                        await service.start()
            await asyncio.sleep(0.01)

    async def create(self, **how) -> None:
        number = next(self.numbers)
        title = f"acme sites {number}"
        what = {
            "token": self.token,
            "body": {"title": title},
            "headers": {"Idempotency-Key": title.replace(" ", "-")},
        }
        status = await self.ask(self.stack.api, "POST", "/api/v1/items", **how, **what)
        if status == 201:
            self.load.journal.writes[title] = Written(self.last.json()["id"], changed=False)
        else:
            # Nobody was told: asked again, with the same key, it is there once.
            await self.load._write(Connection(self.stack.api.port), "acme", self.token, title, False)

    async def change(self, **how) -> None:
        title = f"acme sites {next(self.numbers)}"
        await self.load._write(Connection(self.stack.api.port), "acme", self.token, title, False)
        written = self.load.journal.writes[title]
        status = await self.ask(
            self.stack.api,
            "PATCH",
            f"/api/v1/items/{written.id}",
            token=self.token,
            body={"status": "done"},
            headers={"If-Match": '"1"'},
            **how,
        )
        written.changed = status == 200

    async def read_items(self, **how) -> None:
        await self.ask(self.stack.api, "GET", "/api/v1/items?limit=5", token=self.token, **how)

    async def read_audit_log(self, **how) -> None:
        await self.ask(self.stack.api, "GET", "/api/v1/org/audit-log?limit=5", token=self.token, **how)

    async def sign_in(self, **how) -> None:
        person = PEOPLE["acme"][0]
        form = {"grant_type": "password", "username": person[0], "password": person[1]}
        await self.ask(self.stack.identity, "POST", "/token", form=form, **how)

    async def look_at_oneself(self, **how) -> None:
        await self.ask(self.stack.identity, "GET", "/me", token=self.token, **how)

    @property
    def kinds(self) -> list[tuple]:
        """Each with the service that answers, on a connection that is new and on one that is not."""
        api, identity = self.stack.api, self.stack.identity
        requests = [
            (self.create, api),
            (self.change, api),
            (self.read_items, api),
            (self.read_audit_log, api),
            (self.sign_in, identity),
            (self.look_at_oneself, identity),
        ]
        return [(ask, service, fresh) for fresh in (True, False) for ask, service in requests]

    async def measure(self, ask, service: Service, fresh: bool) -> int:
        """How many allocations such a request makes."""
        shim = self.shims[service.name]
        most = 0
        for _ in range(3):
            before = shim.read("allocations")
            await ask(fresh=fresh, site=0, burst=0)
            most = max(most, shim.read("allocations") - before)
        return most


def said_why(code: int, last_lines: list[str]) -> bool:
    """An end with a sentence about it; and none by a signal that says that memory was read or written in the wrong place."""
    said = " ".join(last_lines)
    return code not in (-11, -7, -4, -8) and any(
        word in said for word in ("alloc", "memory", "internal check failed")
    )


def spread(sites: int, over: list[int]) -> list[tuple[int, int, int]]:
    """(which, site, burst): evenly over all sites of all kinds where there are fewer, in passes where there are more."""
    places = [(which, site) for which, most in enumerate(over) for site in range(1, most + 1)]
    if sites < len(places):
        step = len(places) / sites
        return [(*places[int(n * step)], BURSTS[n % len(BURSTS)]) for n in range(sites)]
    passes = itertools.chain.from_iterable(((*place, burst) for place in places) for burst in itertools.cycle(BURSTS))
    return list(itertools.islice(passes, sites))


async def fail_in_a_start(service: Service, shim: Shim, site: int) -> tuple[str, str]:
    """What becomes of a start whose allocation fails: "serves" or "ended", and what is wrong with that."""
    before = len(service.log())
    # Counted from the start of `setpriv` on, which comes before the service and needs little.
    shim.fail(site, 0)
    process, notify = service.spawn(more=shim.environment)
    end = time.monotonic() + 60
    ready = False
    with notify:
        while not ready and process.poll() is None and time.monotonic() < end:
            try:
                ready = notify.recv(64) == b"READY=1"
            except BlockingIOError:
                await asyncio.sleep(0.002)
    shim.rest()
    code = process.poll()
    if ready:
        process.kill()
        await process.wait()
        return "serves", ""
    if code is None:
        process.kill()
        await process.wait()
        return "ended", f"{service.name}: hangs in its start, allocation {site}: {service.log()[before:][-500:]}"
    # Of a program that has not begun, the loader or the shell says it.
    if code == 0 or not said_why(code, service.log()[before:].strip().splitlines()[-2:]):
        return "ended", f"{service.name}: start, allocation {site}: ended with {code}: {service.log()[before:][-500:]}"
    return "ended", ""


@fault("allocations-failing", "R24", short=200, long=20000)
async def allocations_failing(workshop: Workshop, rounds: int, report: Report) -> None:
    """one allocation after the other fails (a round is one: alone, with 3 and with 30 behind it) in requests to both services
    and in their starts: the answer is good, 503 or none, or the process ends and says why; nothing is lost or doubled, the
    audit log verifies"""
    stack = Stack(workshop, "memory", api={"PZ_AUDIT_SIGN_SECONDS": "1"})
    shims = {service.name: Shim(stack.directory / f"{service.name}.controls") for service in stack.services}
    for service in stack.services:
        service.environment |= shims[service.name].environment
    starts = max(4, rounds // 20)
    async with stack:
        # No clients of its own: it keeps the journal, and knows how to insist.
        async with Load(stack, clients=0, name="sites") as load:
            sites = Sites(stack, shims, load)
            kinds = sites.kinds
            over = [await sites.measure(*kind) for kind in kinds]
            sites.answers.clear()
            supervisor = asyncio.create_task(sites.supervise())
            try:
                for which, site, burst in spread(rounds - starts, over):
                    ask, _, fresh = kinds[which]
                    await ask(fresh=fresh, site=site, burst=burst)
            except TimeoutError as error:
                # A supervisor that failed says why.
                if supervisor.done():
                    supervisor.result()
                ended = [service.name for service in stack.services if service.process.poll() is not None]
                said = stack.api.log()[-600:]
                raise TimeoutError(f"{error}, after {sites.doing}; ended: {ended}; it said: {said}") from error
            finally:
                supervisor.cancel()
        for service in stack.services:
            await service.process.stop()
        outcomes, wrong = Counter(), []
        for service in stack.services:
            shim = shims[service.name]
            before = shim.read("allocations")
            await service.start()
            most = shim.read("allocations") - before
            await service.process.stop()
            for number in range(starts // 2):
                outcome, finding = await fail_in_a_start(service, shim, 1 + number * most // (starts // 2))
                outcomes[outcome] += 1
                wrong += [finding] if finding else []
        report.count("allocations that failed", sites.failed + outcomes.total())
        report.count("requests", sites.answers.total())
        report.count("answered 503", sites.answers[503])
        report.count("without an answer", sites.answers[0])
        report.goal("answered 500", sites.answers[500], 0, "")
        report.count("processes that ended and said why", len(sites.ended))
        report.none("processes that ended otherwise", sites.crashed)
        report.count("starts that served", outcomes["serves"])
        report.count("starts that ended and said why", outcomes["ended"])
        report.none("other starts", wrong)
        report.none("lost or doubled", load.compare() + stack.audit_log())
        report.must("no allocation failed, so nothing was shown", sites.failed > 0)


@fault("transfers-short", "R25", short=1, long=20)
async def transfers_short(workshop: Workshop, rounds: int, report: Report) -> None:
    """the kernel takes and gives at most 1, 7 and 61 bytes a call, on every socket of both services: all answers are what
    they would be, nothing is lost or doubled"""
    stack = Stack(workshop, "transfers")
    shims = {service.name: Shim(stack.directory / f"{service.name}.controls") for service in stack.services}
    for service in stack.services:
        service.environment |= shims[service.name].environment
    async with stack:
        async with Load(stack, clients=4) as load, SignIns(stack) as signing_in:
            for longest in (61, 7, 1) * rounds:
                for shim in shims.values():
                    shim.write(longest_transfer=longest)
                await load.more(60)
                await signing_in.well()
            for shim in shims.values():
                shim.rest()
            await healed(load)
            await load.stop()
        report.count("calls that took less", sum(shim.read("shortened") for shim in shims.values()))
        report.count("requests", load.journal.requests() + signing_in.answers.total())
        report.must(
            "not every service met a short transfer", all(shim.read("shortened") > 0 for shim in shims.values())
        )
        report.none("requests without an answer", ["one"] * (load.journal.answers[0] + signing_in.answers[0]))
        report.none("other answers", unclean(load.journal.answers) + unclean(signing_in.answers))
        report.none("lost or doubled", load.compare() + stack.audit_log())
