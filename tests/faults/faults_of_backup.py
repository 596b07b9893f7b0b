"""The database's disk is lost, and what there is of it elsewhere is restored."""

import asyncio
import os
import re
import shutil
import time
from pathlib import Path

from fault import fault
from load import Load
from machine import (
    PATIENCE,
    ROOT,
    Broken,
    Cluster,
    Stack,
    Workshop,
    as_server_account,
    give_to_server,
    postgres_programs,
    programs,
)
from report import Report

#: Of random text, so that neither TOAST nor a checksum makes less of it: 1 GB is what the plan asks for.
BASE_OF_LONG_RUN, BASE_OF_SHORT_RUN = 1 << 30, 8 << 20


def operators_commands() -> list[str]:
    """The page's own blocks, so that what an operator types is what is played: backup, restore, asking."""
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    if len(blocks) != 3:
        raise Broken(f"docs/operations.md has {len(blocks)} blocks about backups, and not three")
    return blocks


async def typed(
    commands: str, environment: dict[str, str], *, account: list[str] | None = None
) -> tuple[int, str]:
    """Exit code and output of what an operator types; as PostgreSQL's account, or as who may read the services' folders."""
    run = await asyncio.create_subprocess_exec(
        *(as_server_account() if account is None else account),
        "bash",
        "-eu",
        "-o",
        "pipefail",
        "-c",
        commands,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",
        env={
            "PATH": f"{postgres_programs()}:{programs()}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
        }
        | environment,
    )
    try:
        text = (await asyncio.wait_for(run.communicate(), 1800))[0].decode(errors="replace")
    finally:
        if run.returncode is None:
            run.kill()
    return run.returncode, text


def fill(cluster: Cluster, size: int) -> None:
    """Items of another organization, about so many bytes with their indexes."""
    cluster.sql(
        f"""set session_replication_role = replica;
            insert into app.item (tenant_id, id, title, description)
            select (select id from platform.tenant where slug = 'initech'), gen_random_uuid(), 'ballast ' || n,
                   (select string_agg(md5(n || '.' || part), '') from generate_series(1, 60) as part)
              from generate_series(1, {size // 2200}) as n"""
    )


def checkpoints(folder: Path) -> list[str]:
    file = folder / "checkpoints.jws"
    return file.read_text().splitlines() if file.exists() else []


async def until(holds, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(holds):
        if time.monotonic() > end:
            raise TimeoutError(f"after a minute still not: {what}")
        await asyncio.sleep(0.05)


class Restored:
    """A cluster that comes from the backup; `to_the_end`: with what was archived since."""

    def __init__(self, workshop: Workshop, name: str, backup: Path, audit: Path):
        self.cluster = Cluster(workshop, name)
        os.chmod(self.cluster.directory, 0o777)
        self.audit = audit
        self.environment = {
            "BACKUP": str(backup),
            "PGDATA": str(self.cluster.data),
            "ADMIN": self.cluster.connection_string("postgres"),
            "RESTORED": self.cluster.connection_string("pz_backup"),
            "AUDIT": str(audit),
            "PZ_STATE_DIR": str(self.cluster.directory / "state"),
        }

    async def lay_out(self, commands: str, *, to_the_end: bool) -> None:
        code, text = await typed(commands, self.environment)
        if code != 0:
            raise Broken(f"the restore failed with {code}: {text}")
        if not to_the_end:
            with open(self.cluster.data / "postgresql.auto.conf", "a", encoding="utf-8") as settings:
                settings.write("recovery_target = 'immediate'\nrecovery_target_action = 'promote'\n")

    async def ask(self, commands: str) -> tuple[int, str]:
        await self.cluster.start()
        return await typed(commands, self.environment, account=[])


@fault("backup-restored", "R23", short=1, long=3)
async def backup_restored(workshop: Workshop, rounds: int, report: Report) -> None:
    """the disk of PostgreSQL is lost under load, after a base backup of 1 GB and with its log archived: restored within 120 s
    by the commands of docs/operations.md, nothing that was archived is lost or doubled, `audit verify` says ok; the backup
    alone, which is older than the last checkpoint outside, is reported as truncated; a file that was changed is found"""
    back_up, restore, ask = operators_commands()
    wrong: list[str] = []
    slowest = writes = events = 0.0
    size = 0
    for _ in range(rounds):
        backup = workshop.new_directory("backup")
        (backup / "wal").mkdir()
        for path in (backup, backup / "wal"):
            give_to_server(path)
        archive = (
            f"test ! -f {backup}/wal/%f && cp %p {backup}/wal/.%f && sync {backup}/wal/.%f"
            f" && mv {backup}/wal/.%f {backup}/wal/%f"
        )
        settings = {"archive_mode": "on", "archive_command": archive}
        async with Stack(
            workshop, "lost", cluster_settings=settings, api={"PZ_AUDIT_SIGN_SECONDS": "1"}
        ) as stack:
            lost = stack.cluster
            audit = Path(stack.api.environment["PZ_AUDIT_FOLDER"])
            await asyncio.to_thread(fill, lost, BASE_OF_LONG_RUN if report.long else BASE_OF_SHORT_RUN)
            async with Load(stack, clients=4) as load:
                await load.more(100)
                code, text = await typed(
                    back_up, {"ADMIN": lost.connection_string("postgres"), "BACKUP": str(backup)}
                )
                if code != 0:
                    raise Broken(f"the backup failed with {code}: {text}")
                # What is signed after the backup is what tells that a backup is older.
                signed = len(checkpoints(audit))
                await load.more(200)
                await until(lambda: len(checkpoints(audit)) >= signed + 4, "two chains signed again")
                await load.stop()
            # The end of the log that has been archived is the end of what can be restored.
            segment = lost.sql("select pg_walfile_name(pg_switch_wal())")[0][0]
            await until((backup / "wal" / segment).exists, f"{segment} archived")
            for service in stack.services:
                service.process.kill()
                await service.process.wait()
            lost.server.kill()
            await lost.server.wait()
            shutil.rmtree(lost.data)

            began = time.monotonic()
            restored = Restored(workshop, "restored", backup, audit)
            await restored.lay_out(restore, to_the_end=True)
            code, text = await restored.ask(ask)
            slowest = max(slowest, time.monotonic() - began)
            stack.cluster = restored.cluster
            try:
                size = max(size, int(restored.cluster.sql("select pg_database_size('phasezero')")[0][0]))
                said = re.search(r"^ok chains=\d+ events=(\d+)", text, re.MULTILINE)
                if code != 0 or said is None:
                    wrong.append(f"the restored database's audit log: {code} {text}")
                events += int(said[1]) if said else 0
                writes += len(load.journal.writes)
                wrong += load.compare()
                wrong += await goes_on(workshop, restored, stack)
            finally:
                await restored.cluster.stop()

            older = Restored(workshop, "older", backup, audit)
            await older.lay_out(restore, to_the_end=False)
            try:
                code, text = await older.ask(ask)
            finally:
                await older.cluster.stop()
            if code != 1 or "kind=truncated" not in text:
                wrong.append(f"a backup that is older than the last checkpoint is not reported: {code} {text}")

            wrong += await finds_changed_file(backup, restore, workshop)
        for directory in (backup, restored.cluster.data, older.cluster.data):
            shutil.rmtree(directory)
    report.count("of the database", size / 1e6, "MB")
    report.count("writes acknowledged", writes)
    report.count("events verified", events)
    report.none("lost, doubled or not reported", wrong)
    report.goal("restored, recovered and verified in", slowest, 120)


async def goes_on(workshop: Workshop, restored: Restored, before: Stack) -> list[str]:
    """The services at the restored database: writes are acknowledged, and the chains go on where they ended."""
    changed = {
        name: value.replace(str(before.directory / "socket"), str(restored.cluster.sockets))
        for service in before.services
        for name, value in service.environment.items()
        if name.startswith("PZ_DATABASE_")
    }
    for service in before.services:
        service.environment |= {name: value for name, value in changed.items() if name in service.environment}
        await service.start()
    async with Load(before, clients=4, name="after") as load:
        await load.more(50)
        await load.stop()
    for service in before.services:
        await service.process.stop()
    return load.compare() + before.audit_log()


async def finds_changed_file(backup: Path, restore: str, workshop: Workshop) -> list[str]:
    """One bit of one file of the backup: the restore ends before anything is copied."""
    file = max((backup / "base/base").rglob("[0-9]*"), key=lambda path: path.stat().st_size)
    with open(file, "r+b") as content:
        content.seek(4096)
        old = content.read(1)
        content.seek(4096)
        content.write(bytes([old[0] ^ 1]))
    damaged = Restored(workshop, "damaged", backup, backup)
    code, text = await typed(restore, damaged.environment)
    if code == 0 or damaged.cluster.data.exists():
        return [f"a changed file of the backup is not found: {code} {text}"]
    return []
