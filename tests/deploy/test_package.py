"""The Debian package and its systemd units. systemd itself does not run here: it examines the units, and what they start is
started with exactly their environment and credentials."""

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import root_file_system
from installation import BUILD, TREE, account_of, answers, migrated_installation, until

loader = importlib.machinery.SourceFileLoader("build_deb", str(TREE / "deploy/debian/build"))
build_deb = importlib.util.module_from_spec(importlib.util.spec_from_loader("build_deb", loader))
loader.exec_module(build_deb)

SERVICES = {"identity-service": (8001, "/readyz"), "product-core-api": (8000, "/readyz"), "console": (3000, "/healthz")}


def setUpModule() -> None:
    global scratch, package, root
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="pz-package-", dir="/tmp"))
    scratch.chmod(0o755)
    unittest.addModuleCleanup(shutil.rmtree, scratch, ignore_errors=True)
    package = build_deb.build_package(BUILD, scratch / "made", "Phase Zero <packages@localhost>", "none")
    root = scratch / "installed"
    subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
    root.chmod(0o755)


class Package(unittest.TestCase):
    def test_says_what_it_needs(self):
        depends = subprocess.run(["dpkg-deb", "-f", str(package), "Depends"], capture_output=True, text=True, check=True).stdout
        for name in ("libc6", "libpq5", "libsodium23", "libssl3", "ca-certificates", "nginx-light | nginx"):
            self.assertIn(name, depends.strip().split(", "))

    def test_keeps_secrets_where_only_root_looks_and_settings_through_upgrades(self):
        listed = subprocess.run(["dpkg-deb", "-c", str(package)], capture_output=True, text=True, check=True).stdout
        self.assertRegex(listed, r"drwx------ root/root .* \./etc/phasezero/secrets/")
        rights = {line.split()[0] for line in listed.splitlines()}
        self.assertLessEqual(rights, {"drwxr-xr-x", "drwx------", "-rw-r--r--", "-rwxr-xr-x"})
        conffiles = subprocess.run(["dpkg-deb", "-I", str(package), "conffiles"], capture_output=True, text=True, check=True).stdout
        self.assertIn("/etc/phasezero/phasezero.env", conffiles.split())

    def test_is_the_same_to_the_byte_when_it_is_made_again(self):
        again = build_deb.build_package(BUILD, scratch / "again", "Phase Zero <packages@localhost>", "none")
        self.assertEqual(package.read_bytes(), again.read_bytes())

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_has_no_fault_that_lintian_knows_of(self):
        # Who maintains it is whoever builds it; and what is tried out here is not compressed, to save a minute.
        accepted = "bogus-mail-host,uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball"
        found = subprocess.run(["lintian", "--allow-root", "--fail-on", "error", "--suppress-tags", accepted, str(package)],
                               capture_output=True, text=True, check=False)
        self.assertEqual(found.returncode, 0, found.stdout)


class Units(unittest.TestCase):
    def setUp(self):
        self.units = sorted((root / "usr/lib/systemd/system").glob("phasezero*.service"))
        self.assertEqual(len(self.units), 5)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_are_what_systemd_reads(self):
        found = subprocess.run(["systemd-analyze", "verify", *map(str, self.units), str(TREE / "deploy/systemd/phasezero.target")],
                               capture_output=True, text=True, check=False)
        # The programs are not installed on this machine, and postgresql.service may not be.
        said = [line for line in found.stderr.splitlines() if line.startswith("phasezero") or "/phasezero" in line]
        self.assertEqual([line for line in said if "is not executable" not in line and "not found" not in line], [])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_expose_next_to_nothing(self):
        for unit in self.units:
            limit = "20" if unit.stem.removeprefix("phasezero-") in SERVICES else "40"  # in tenths, of 100
            found = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={limit}", str(unit)],
                                   capture_output=True, text=True, check=False)
            self.assertEqual(found.returncode, 0, found.stdout[-200:] + found.stderr)

    def test_start_and_end_with_their_environment_and_credentials(self):
        installation = migrated_installation()
        database = installation.database
        secrets = {f"database-{role}": database.connection(f"pz_{role}") for role in ("identity", "app", "support", "admin", "migrator",
                                                                                     "backup")}
        secrets |= {"keys-identity": installation.keys, "keys-product": installation.keys}
        for service, (port, path) in SERVICES.items():
            process = self.start(f"phasezero-{service}.service", secrets)
            self.addCleanup(process.kill)
            until(lambda p=port, q=path, r=process: r.poll() is not None or answers(p, q), f"{service} answers {path}")
            self.assertIsNone(process.poll(), service)
            setattr(self, service.replace("-", "_"), process)
        # It has begun to keep the audit log's keys outside the database.
        until(lambda: (scratch / "state/phasezero-audit/keys.json").exists(), "the audit log's public keys")
        for service in SERVICES:
            process = getattr(self, service.replace("-", "_"))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(60), 0, service)
        for unit in ("phasezero-migrate.service", "phasezero-verify-audit.service"):
            code = self.start(unit, secrets).wait(60)
            self.assertEqual(code, 0, (scratch / f"{unit}.log").read_text(encoding="utf-8"))
        verified = (scratch / "phasezero-verify-audit.service.log").read_text(encoding="utf-8")
        self.assertIn("ok chains=", verified)
        self.assertNotIn("not looked at", verified)

    def start(self, unit: str, secrets: dict[str, str]) -> subprocess.Popen:
        """What systemd would start, with the specifiers filled in."""
        text = (root / "usr/lib/systemd/system" / unit).read_text(encoding="utf-8")
        values = re.findall(r"^([A-Za-z]+)=(.*)$", text, re.MULTILINE)
        place = scratch / f"run-{unit}-{time.monotonic_ns()}"
        places = {"%d": place / "credentials", "%S": scratch / "state", "%t": place / "runtime"}
        for directory in (place, *places.values(), *(places["%S"] / value for name, value in values if name == "StateDirectory"),
                          *(places["%t"] / value for name, value in values if name == "RuntimeDirectory")):
            directory.mkdir(exist_ok=True)
            if os.geteuid() == 0:
                os.chown(directory, root_file_system.ACCOUNT, root_file_system.ACCOUNT)
        environment = {"PATH": "/usr/bin:/bin", "PZ_CONSOLE_FILES": str(root / "usr/share/phasezero/console")}
        if "console" not in unit:
            del environment["PZ_CONSOLE_FILES"]
        for name, value in values:
            if name == "LoadCredential":
                inside, outside = value.split(":")
                file = places["%d"] / inside
                file.write_text(secrets[pathlib.PurePath(outside).name], encoding="ascii")
                file.chmod(0o444)
            elif name == "Environment":
                for specifier, filled in places.items():
                    value = value.replace(specifier, str(filled))
                environment |= dict(entry.split("=", 1) for entry in value.split())
            elif name == "EnvironmentFile":
                for line in (root / value.lstrip("-/")).read_text(encoding="utf-8").splitlines():
                    if line and not line.startswith("#"):
                        environment.update([line.split("=", 1)])
        command = next(value for name, value in values if name == "ExecStart").split()
        program = root / command[0].lstrip("/")
        with open(scratch / f"{unit}.log", "ab") as log:
            return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *account_of(str(root_file_system.ACCOUNT))[1:], str(program),
                                     *command[1:]], env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
