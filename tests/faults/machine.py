"""What a fault is played against: a private PostgreSQL and the real services, each under our thumb.

Everything lives below one directory in /tmp and ends with this process: the servers are children with a parent-death
signal, listen on loopback or on a unix socket, and take their listening sockets from us, so that no two runs ever meet.
"""

import asyncio
import base64
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Longer than anything takes on a machine that is busy with other things; what takes longer than that hangs.
PATIENCE = 60.0

TENANTS = {"acme": "0197c0de-0000-7000-8000-00000000ac3e", "globex": "0197c0de-0000-7000-8000-00000000610b"}
PEOPLE = {
    "acme": [("admin@acme.example", "admin123"), ("user@acme.example", "user123")],
    "globex": [("admin@globex.example", "admin123"), ("user@globex.example", "user123")],
}


class Impossible(Exception):
    """This machine does not allow what a fault needs: it is skipped, loudly."""


class Broken(Exception):
    """What a fault stands on does not work, before any fault was played."""


def programs() -> Path:
    return Path(os.environ.get("PZ_PROGRAMS") or ROOT / "build/release/bin")


#: Where ./dev unpacks programs that one fault alone needs: Debian's packages around them would start servers.
TOOLS = Path(os.environ.get("PZ_FAULT_TOOLS", "/"))


def tool(path: str) -> Path:
    for program in (TOOLS / path, Path("/") / path):
        if program.exists():
            return program
    raise Impossible(f"there is no {path}: ./dev fault fetches it")


def tool_environment() -> dict[str, str]:
    libraries = ":".join(map(str, (TOOLS / "usr/lib").glob("*-linux-gnu")))
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "LD_LIBRARY_PATH": libraries,
        "PYTHONPATH": str(TOOLS / "usr/lib/python3/dist-packages"),
    }


def postgres_programs() -> Path:
    given = os.environ.get("PZ_POSTGRES_BIN")
    found = (
        [Path(given)]
        if given
        else sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    )
    if not found:
        raise Broken("there is no PostgreSQL in /usr/lib/postgresql")
    return found[-1]


def as_server_account() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []


def give_to_server(path: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(path, account.pw_uid, account.pw_gid)


class Process:
    """A child in a group of its own that dies with us. It may be handed a listening socket as file descriptor 3."""

    def __init__(self, command, *, environment, output, listener=None, ends_by=signal.SIGKILL, prefix=()):
        handed_over = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"] if listener else []
        # The prefix may change the user, which would clear a parent-death signal that was set before.
        argv = [
            *prefix,
            "setpriv",
            "--pdeathsig",
            ends_by.name.removeprefix("SIG"),
            *handed_over,
            *map(str, command),
        ]
        program = shutil.which(argv[0])
        if program is None:
            raise Impossible(f"there is no program {argv[0]}")
        if isinstance(output, Path):
            descriptor = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        else:
            descriptor = output
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, descriptor, 1),
            (os.POSIX_SPAWN_DUP2, descriptor, 2),
        ]
        if listener:
            actions.append((os.POSIX_SPAWN_DUP2, listener.fileno(), 3))
            environment = environment | {"LISTEN_FDS": "1"}
        self.pid = os.posix_spawn(program, argv, environment, file_actions=actions, setpgroup=0)
        if isinstance(output, Path):
            os.close(descriptor)
        self.exit_code: int | None = None

    def poll(self) -> int | None:
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code

    def send(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    async def wait(self, limit: float = PATIENCE) -> int | None:
        end = time.monotonic() + limit
        while self.poll() is None and time.monotonic() < end:
            await asyncio.sleep(0.005)
        return self.exit_code

    async def stop(self, number=signal.SIGTERM, limit: float = PATIENCE) -> int:
        self.send(number)
        if await self.wait(limit) is None:
            self.kill()
        return await self.wait()

    def kill(self) -> None:
        self.send(signal.SIGKILL)

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Bytes that are resident."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Workshop:
    """The directory of a run, and the prepared database that every fault gets a copy of."""

    def __init__(self, before: str | None = None):
        #: The tree of an older release, built.
        self.before = ROOT / "build/from" / before if before else None
        self.directory = Path(tempfile.mkdtemp(prefix="pz-faults-", dir="/tmp"))
        self.directory.chmod(0o711)
        self.password = secrets.token_urlsafe(24)
        self.encryption_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        self.template: Path | None = None
        self.count = 0

    def new_directory(self, name: str) -> Path:
        self.count += 1
        path = self.directory / f"{self.count}-{name}"
        path.mkdir(mode=0o711)
        return path

    async def prepared_data(self) -> Path:
        """A stopped, migrated, seeded data directory; made at the first call."""
        if self.template is None:
            cluster = Cluster(self, "template")
            cluster.initialize()
            await cluster.start()
            try:
                await asyncio.to_thread(cluster.populate)
            finally:
                await cluster.stop()
            self.template = cluster.data
        return self.template

    def remove(self) -> None:
        # A disk that was mounted in here would keep its directory.
        for mounted in Path("/proc/self/mounts").read_text().splitlines():
            if mounted.split()[1].startswith(f"{self.directory}/"):
                subprocess.run(["umount", "--lazy", mounted.split()[1]], capture_output=True)
        shutil.rmtree(self.directory, ignore_errors=True)


class Cluster:
    """One PostgreSQL with everything that makes it durable, on a unix socket."""

    def __init__(self, workshop: Workshop, name: str, settings: dict[str, str] | None = None):
        self.workshop = workshop
        self.directory = workshop.new_directory(name)
        self.data = self.directory / "data"
        self.sockets = self.directory / "socket"
        self.sockets.mkdir(mode=0o700)
        give_to_server(self.sockets)
        self.settings = settings or {}
        self.prefix: list[str] = []  # what the server is started with: a network namespace, for example
        self.server: Process | None = None

    def initialize(self) -> None:
        home = self.directory / "home"
        home.mkdir(mode=0o700)
        give_to_server(home)
        password = home / "password"
        password.write_text(self.workshop.password)
        give_to_server(password)
        subprocess.run(
            [
                *as_server_account(),
                postgres_programs() / "initdb",
                "-D",
                home / "data",
                "-U",
                "postgres",
                "-A",
                "scram-sha-256",
                "--pwfile",
                password,
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--wal-segsize=4",
                "--no-instructions",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=home,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
        os.rename(home / "data", self.data)

    def populate(self, tree: Path = ROOT, level: int | None = None) -> None:
        """Roles with passwords, database, migrations and the demo's rows, as an operator would; of an older release, in its
        tree, or up to one migration."""
        self.run_file(tree / "database/roles.sql", database="postgres")
        for role in ["pz_migrator", "pz_app", "pz_support", "pz_admin", "pz_identity", "pz_backup"]:
            self.sql(f"alter role {role} password '{self.workshop.password}'", database="postgres")
        self.sql("create database phasezero owner pz_owner", database="postgres")
        self.run_file(tree / "database/database.sql")
        self.migrate(tree, level)
        for seed in sorted((tree / "database/seed/demo").iterdir()):
            self.run_file(seed, role=seed.stem.split("_as_")[1])
        # A load that runs into a plan's limits would tell about those.
        self.sql("update platform.tenant set plan = 'enterprise'")

    def migrate(self, tree: Path = ROOT, level: int | None = None) -> None:
        """To this migration of the tree, or the last one."""
        folder = self.directory / f"migrations-{level or 'all'}"
        if not folder.exists():
            folder.mkdir()
            for file in sorted((tree / "database/migrations").iterdir())[:level]:
                shutil.copy(file, folder)
        migration = subprocess.run(
            [programs() / "phasezero", "migrate"],
            capture_output=True,
            text=True,
            env=plain_environment()
            | {
                "PZ_DATABASE_MIGRATOR": self.connection_string("pz_migrator"),
                "PZ_STATE_DIR": str(self.directory / "state"),
                "PZ_MIGRATIONS": str(folder),
            },
        )
        if migration.returncode != 0:
            raise Broken(f"phasezero migrate failed: {migration.stdout}{migration.stderr}")

    async def start(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "max_wal_size": "64MB",
            "log_line_prefix": "%m [%p] %q%u@%d ",
        } | self.settings
        self.server = Process(
            [
                postgres_programs() / "postgres",
                "-D",
                self.data,
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            output=self.directory / "postgres.log",
            ends_by=signal.SIGINT,
            prefix=[*self.prefix, *as_server_account()],
        )
        await self.answers()

    async def answers(self, limit: float = PATIENCE) -> None:
        end = time.monotonic() + limit
        while True:
            try:
                await asyncio.to_thread(self.sql, "select 1", database="postgres")
                return
            except subprocess.CalledProcessError as error:
                if time.monotonic() > end or self.server.poll() is not None:
                    raise Broken(
                        f"PostgreSQL does not answer: {error.stderr}\n{self.log()[-2000:]}"
                    ) from error
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        if self.server:
            await self.server.stop(signal.SIGINT)

    async def crash(self) -> None:
        """SIGKILL for the postmaster and all of its children, as when the machine's memory runs out."""
        self.server.kill()
        await self.server.wait()
        for left in processes_of(self.data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(left.split()[0]), signal.SIGKILL)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        await self.start()

    def log(self) -> str:
        return (self.directory / "postgres.log").read_text(errors="replace")

    @property
    def where(self) -> str:
        return f"host={self.sockets}"

    def connection_string(self, role: str, host: str | None = None, database: str = "phasezero") -> str:
        return f"{host or self.where} user={role} password={self.workshop.password} dbname={database}"

    def sql(self, text: str, *, role: str = "postgres", database: str = "phasezero") -> list[list[str]]:
        answer = subprocess.run(
            [
                "psql",
                "-qXAt",
                "-F",
                "\t",
                "-v",
                "ON_ERROR_STOP=1",
                self.connection_string(role, database=database),
            ],
            input=text,
            check=True,
            capture_output=True,
            text=True,
            env=plain_environment(),
        )
        return [line.split("\t") for line in answer.stdout.splitlines()]

    def run_file(self, path: Path, *, role: str = "postgres", database: str = "phasezero") -> None:
        self.sql(path.read_text(), role=role, database=database)


def plain_environment() -> dict[str, str]:
    """Ours without the settings of our programs, which refuse what they do not know."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PZ_", "PG"))}


def processes_of(directory: Path) -> list[str]:
    """The commands of all processes that know the directory by their arguments, environment or working directory."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                command = (entry / "cmdline").read_bytes()
                known = command + (entry / "environ").read_bytes() + os.readlink(entry / "cwd").encode()
                if str(directory).encode() in known:
                    found.append(
                        f"{entry.name} {command.replace(bytes(1), b' ').decode(errors='replace')[:100]}"
                    )
    return found


def listen(address: str = "127.0.0.1") -> socket.socket:
    listener = socket.create_server((address, 0), backlog=1024)
    listener.set_inheritable(False)
    return listener


class Service:
    """One of our programs behind a listening socket that outlives it."""

    def __init__(self, name: str, environment: dict[str, str], directory: Path):
        self.name = name
        self.listener = listen()
        self.port: int = self.listener.getsockname()[1]
        self.environment = {"PORT": str(self.port), **environment}
        self.directory = directory
        self.log_file = directory / f"{name}.log"
        self.process: Process | None = None
        self.programs = programs()
        self.starts = 0

    def spawn(
        self, *, output: Path | int | None = None, more: dict[str, str] | None = None, prefix=()
    ) -> tuple[Process, socket.socket]:
        """Starts one; the socket gets READY=1 when it serves."""
        self.starts += 1
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        path = self.directory / f"{self.name}-{self.starts}.notify"
        notify.bind(str(path))
        process = Process(
            [self.programs / self.name],
            environment=plain_environment() | self.environment | {"NOTIFY_SOCKET": str(path)} | (more or {}),
            output=self.log_file if output is None else output,
            listener=self.listener,
            prefix=prefix,
        )
        return process, notify

    async def start(self, **how) -> float:
        """Returns after how many seconds it served."""
        began = time.monotonic()
        self.process, notify = self.spawn(**how)
        await self.serves(self.process, notify)
        return time.monotonic() - began

    async def serves(self, process: Process, notify: socket.socket) -> None:
        end = time.monotonic() + PATIENCE
        with notify:
            while True:
                with contextlib.suppress(BlockingIOError):
                    if notify.recv(64) == b"READY=1":
                        return
                if process.poll() is not None or time.monotonic() > end:
                    raise Broken(f"{self.name} did not start ({process.exit_code}):\n{self.log()[-3000:]}")
                await asyncio.sleep(0.002)

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


class Stack:
    """PostgreSQL, identity-service and product-core-api, with whatever a fault changes about them."""

    def __init__(
        self,
        workshop: Workshop,
        name: str,
        *,
        database_host: str | None = None,
        cluster: Cluster | None = None,
        cluster_settings: dict[str, str] | None = None,
        api: dict[str, str] | None = None,
        identity: dict[str, str] | None = None,
    ):
        self.cluster = cluster or Cluster(workshop, name, cluster_settings)
        directory = self.directory = self.cluster.directory

        def database(role: str) -> str:
            return self.cluster.connection_string(role, database_host)

        audit = directory / "audit"
        audit.mkdir()
        common = {
            "PZ_PROFILE": "test",
            "PZ_BIND": "127.0.0.1",
            "PZ_THREADS": "2",
            "PZ_AUDIENCE": "product-core-api",
            "PZ_LOG_FORMAT": "json",
            "PZ_ENCRYPTION_KEYS": workshop.encryption_key,
            # On, but out of the way of a load that comes from one address.
            "PZ_RATE_LIMIT_PERSON": "100000",
            "PZ_RATE_LIMIT_TENANT": "100000",
        }
        self.identity = Service(
            "identity-service",
            common
            | {
                "PZ_DATABASE_IDENTITY": database("pz_identity"),
                "PZ_RATE_LIMIT_SIGN_IN": "100000",
                "PZ_MAIL_FOLDER": str(directory / "mail"),
            }
            | (identity or {}),
            directory,
        )
        issuer = f"http://127.0.0.1:{self.identity.port}"
        self.identity.environment["PZ_ISSUER"] = issuer
        self.api = Service(
            "product-core-api",
            common
            | {
                "PZ_DATABASE_APP": database("pz_app"),
                "PZ_DATABASE_SUPPORT": database("pz_support"),
                "PZ_DATABASE_ADMIN": database("pz_admin"),
                "PZ_ISSUER": issuer,
                "PZ_AUDIT_FOLDER": str(audit),
                "PZ_AUDIT_SIGN_EVENTS": "100",
            }
            | (api or {}),
            directory,
        )
        self.workshop = workshop

    @property
    def services(self) -> list[Service]:
        return [self.identity, self.api]

    def audit_log(self) -> list[str]:
        """What `phasezero audit verify` says against it, with the keys and checkpoints that are kept outside."""
        # The service writes its keys there a moment after its start, and a short run may be over by then.
        keys = Path(self.api.environment["PZ_AUDIT_FOLDER"], "keys.json")
        deadline = time.monotonic() + 10
        while not keys.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        verified = subprocess.run(
            [programs() / "phasezero", "audit", "verify"],
            capture_output=True,
            text=True,
            env=plain_environment()
            | {
                "PZ_AUDIT_FOLDER": self.api.environment["PZ_AUDIT_FOLDER"],
                "PZ_DATABASE_BACKUP": self.cluster.connection_string("pz_backup"),
                "PZ_STATE_DIR": str(self.directory / "state"),
                "NO_COLOR": "1",
            },
        )
        return [] if verified.returncode == 0 else [f"audit verify: {verified.stdout}{verified.stderr}"]

    async def __aenter__(self):
        try:
            if not self.cluster.data.exists():
                template = await self.workshop.prepared_data()
                subprocess.run(["cp", "-a", template, self.cluster.data], check=True)
            if self.cluster.server is None:
                await self.cluster.start()
            for service in self.services:
                await service.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        for service in self.services:
            if service.process:
                service.process.kill()
                await service.process.wait()
            service.listener.close()
        await self.cluster.stop()
