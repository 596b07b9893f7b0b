"""An installation in miniature: a PostgreSQL that stands for the managed one, and containers that run the images."""

import atexit
import contextlib
import functools
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import root_file_system

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PZ_DEPLOY_BUILD", TREE / "build/release"))
INSTANCE = "example:europe-west1:phasezero"  # where Cloud SQL's socket is mounted: /cloudsql/INSTANCE
ROLES = ("pz_migrator", "pz_app", "pz_support", "pz_admin", "pz_identity", "pz_backup")

_SOME_TIME = 180.0  # for what takes a second; a loaded machine may need more


def account_of(name: str) -> list[str]:
    """How to become another account: nothing where we are nobody special ourselves."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups" if name == "postgres" else "--clear-groups"]


def until(condition, what: str):
    """Waits for a condition, and says which one it was that never came."""
    end = time.monotonic() + _SOME_TIME
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


class Images:
    """Root file systems, made once for a whole run, where any account may read them."""

    def __init__(self) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pz-images-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.made: dict[str, root_file_system.RootFileSystem] = {}

    def root(self, service: str) -> pathlib.Path:
        return self.image(service).root

    def image(self, service: str) -> root_file_system.RootFileSystem:
        if service not in self.made:
            self.made[service] = root_file_system.assemble(service, TREE, BUILD, self.directory / service)
        return self.made[service]

    def remove(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)


class Database:
    """A PostgreSQL on a unix socket, as Cloud SQL's is; its roles sign in with passwords."""

    def __init__(self) -> None:
        self.bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pz-sql-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.socket = self.directory / INSTANCE
        self.socket.mkdir()
        self.passwords = {role: secrets.token_urlsafe(18) for role in ("postgres", *ROLES)}
        if os.geteuid() == 0:
            for path in (self.directory, self.socket):
                shutil.chown(path, "postgres", "postgres")
        password = self.directory / "password"
        password.write_text(self.passwords["postgres"], encoding="ascii")
        password.chmod(0o644)
        self.run("initdb", "-D", str(self.directory / "data"), "-A", "scram-sha-256", f"--pwfile={password}", "-U",
                 "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        password.unlink()
        self.start()

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*account_of("postgres"), str(self.bin / program), *arguments],
            check=True, capture_output=True, cwd=self.directory, timeout=_SOME_TIME,
        )

    def start(self) -> None:
        self.server = subprocess.Popen(
            ["setpriv", "--pdeathsig", "INT", "--", *account_of("postgres"), str(self.bin / "postgres"), "-D", str(self.directory / "data"), "-k",
             str(self.socket), "-c", "listen_addresses=", "-c", "fsync=off"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.directory,
        )
        until(lambda: self.psql("select 1", check=False).returncode == 0, "PostgreSQL answers")

    def connection(self, role: str, database: str = "phasezero", host: str | None = None) -> str:
        host = host or str(self.socket)
        return f"host={host} dbname={database} user={role} password={self.passwords[role]}"

    def psql(self, statement: str, *, role: str = "postgres", database: str = "postgres", check: bool = True,
             files: tuple[pathlib.Path, ...] = (), variables: dict[str, str] | None = None):
        command = [str(self.bin / "psql"), "-qXAt", "-v", "ON_ERROR_STOP=1"]
        for name, value in (variables or {}).items():
            command += ["-v", f"{name}={value}"]
        for file in files:
            command += ["-f", str(file)]
        if statement:
            command += ["-c", statement]
        found = subprocess.run(
            [*command, self.connection(role, database)], check=False, capture_output=True, text=True, timeout=_SOME_TIME
        )
        if check and found.returncode != 0:
            raise AssertionError(f"psql: {found.stderr}")
        return found

    def prepare(self) -> None:
        """What docs/operations.md has an operator do once."""
        self.psql("create database phasezero")
        self.psql("", files=(TREE / "database/roles.sql",))
        self.psql("; ".join(f"alter role {role} password '{self.passwords[role]}'" for role in ROLES))
        self.psql("", database="phasezero", files=(TREE / "database/database.sql",))

    def stop(self) -> None:
        self.server.send_signal(signal.SIGINT)
        self.server.wait(_SOME_TIME)
        shutil.rmtree(self.directory, ignore_errors=True)


class Container:
    """An image as Cloud Run runs it: the program is process 1 of an account that is nobody, on a root that cannot be
    written; only /tmp can, and it is memory. Its output is kept."""

    def __init__(self, root: pathlib.Path, command: list[str], environment: dict[str, str],
                 mounts: dict[pathlib.Path, str] | None = None, writable: dict[pathlib.Path, str] | None = None) -> None:
        account = str(root_file_system.ACCOUNT)
        sandbox = ["bwrap", "--unshare-all", "--share-net", "--die-with-parent", "--new-session", "--as-pid-1",
                   "--uid", account, "--gid", account, "--cap-drop", "ALL", "--bind", str(root), "/", "--proc", "/proc",
                   "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/tmp", "--clearenv"]
        # The platform makes these; bubblewrap, as nobody, could not.
        for outside, inside in ((mounts or {}) | (writable or {})).items():
            place = root / inside.lstrip("/")
            if outside.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            elif not place.exists():
                place.touch()
        for outside, inside in (mounts or {}).items():
            sandbox += ["--ro-bind", str(outside), inside]
        for outside, inside in (writable or {}).items():
            sandbox += ["--bind", str(outside), inside]
        sandbox += ["--remount-ro", "/"]
        for name, value in environment.items():
            sandbox += ["--setenv", name, value]
        told, tells = os.pipe()
        self.process = subprocess.Popen(
            [*account_of(account), *sandbox, "--info-fd", str(tells), *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=(tells,),
        )
        os.close(tells)
        with os.fdopen(told) as information:
            text = information.read()
        self.pid = json.loads(text)["child-pid"] if text else 0  # from outside
        self.output: list[str] = []
        self.errors: list[str] = []
        self.readers = [threading.Thread(target=lines.extend, args=(pipe,), daemon=True)
                        for lines, pipe in ((self.output, self.process.stdout), (self.errors, self.process.stderr))]
        for reader in self.readers:
            reader.start()

    def until_it_answers(self, port: int, path: str) -> None:
        def answered() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with {self.wait()}:\n{self.said()}")
            return answers(port, path)

        until(answered, f"an answer of {path}\n{self.said()}")

    def status(self, field: str) -> str:
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return next(line.split(":")[1].strip() for line in text.splitlines() if line.startswith(field + ":"))

    def end(self, number: int = signal.SIGTERM) -> int:
        """Asks it to end, as Cloud Run does, and returns its exit code."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        try:
            code = self.process.wait(_SOME_TIME)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("it did not end:\n" + self.said()) from None
        for reader in self.readers:
            reader.join(_SOME_TIME)
        return code

    def said(self) -> str:
        return "".join(self.output + self.errors)

    def __enter__(self) -> "Container":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.version = response.version
        self.headers = response.headers
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)


def request(port: int, path: str, method: str = "GET", body: str | None = None, headers: dict[str, str] | None = None,
            address: str = "127.0.0.1") -> Answer:
    connection = http.client.HTTPConnection(address, port, timeout=_SOME_TIME)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        return Answer(connection.getresponse())


def answers(port: int, path: str, status: int = 200) -> bool:
    try:
        return request(port, path).status == status
    except OSError:
        return False


class Installation:
    """Everything together; the settings are those that deploy/cloud-run gives the services."""

    def __init__(self) -> None:
        with contextlib.ExitStack() as stack:
            self.images = Images()
            stack.callback(self.images.remove)
            self.database = Database()
            stack.callback(self.database.stop)
            self.mail = pathlib.Path(tempfile.mkdtemp(prefix="pz-mail-", dir="/tmp"))
            stack.callback(shutil.rmtree, self.mail, ignore_errors=True)
            if os.geteuid() == 0:
                os.chown(self.mail, root_file_system.ACCOUNT, root_file_system.ACCOUNT)
            self.keys = self.run("phasezero", ["keys", "generate"], {}).output[0].strip()
            self.close = stack.pop_all().close

    def environment(self, service: str, port: int) -> dict[str, str]:
        inside = f"/cloudsql/{INSTANCE}"
        settings = {"PORT": str(port), "PZ_CONSOLE_ORIGIN": "https://app.example.com"}
        if service == "console":
            return settings
        settings |= {
            "PZ_ISSUER": "https://app.example.com",
            "PZ_ENCRYPTION_KEYS": self.keys,
            "PZ_TRUSTED_HOPS": "1",
            "GOOGLE_CLOUD_PROJECT": "example",
        }
        if service == "identity-service":
            settings["PZ_DATABASE_IDENTITY"] = self.database.connection("pz_identity", host=inside)
            settings["PZ_MAIL_FOLDER"] = "/mail"
        else:
            settings["PZ_JWKS_URL"] = "http://127.0.0.1:8001/.well-known/jwks.json"
            for role in ("app", "support", "admin"):
                settings[f"PZ_DATABASE_{role.upper()}"] = self.database.connection(f"pz_{role}", host=inside)
        return settings

    def container(self, service: str, port: int, **changes: str) -> Container:
        program = "console-server" if service == "console" else service
        environment = {**self.environment(service, port), **changes}
        mounts = {self.database.socket: f"/cloudsql/{INSTANCE}"} if service != "console" else {}
        writable = {self.mail: "/mail"} if service == "identity-service" else {}
        return Container(self.images.root(service), [f"/usr/bin/{program}"], environment, mounts, writable)

    def run(self, service: str, arguments: list[str], environment: dict[str, str]) -> Container:
        """A job: runs to its end."""
        container = Container(
            self.images.root(service), [f"/usr/bin/{service}", *arguments], environment,
            {self.database.socket: f"/cloudsql/{INSTANCE}"},
        )
        if container.wait() != 0:
            raise AssertionError(f"{service} {' '.join(arguments)}:\n{container.said()}")
        return container

    def migrate(self) -> Container:
        return self.run(
            "phasezero", ["migrate", "--no-color"],
            {"PZ_DATABASE_MIGRATOR": self.database.connection("pz_migrator", host=f"/cloudsql/{INSTANCE}")},
        )


@functools.cache
def migrated_installation() -> Installation:
    """One for the whole run, migrated twice: the second time has to change nothing."""
    installation = Installation()
    atexit.register(installation.close)
    installation.database.prepare()
    installation.migrations = [installation.migrate().said(), installation.migrate().said()]
    return installation
