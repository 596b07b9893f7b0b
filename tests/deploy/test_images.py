"""The images under Cloud Run's contract, without Cloud Run: bubblewrap instead of its sandbox."""

import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

import oci
from installation import migrated_installation, request, until

def setUpModule() -> None:
    global installation
    installation = migrated_installation()


SERVICES = ("identity-service", "product-core-api", "console", "phasezero")


class RootFileSystem(unittest.TestCase):
    def test_has_one_program_no_shell_and_nothing_with_special_rights(self):
        for service in SERVICES:
            root = installation.images.root(service)
            programs = sorted(path.name for path in (root / "usr/bin").iterdir())
            programs += sorted(path.name for path in (root / "usr/sbin").iterdir())
            expected = ["console-server", "nginx"] if service == "console" else [service]
            self.assertEqual(programs, expected)
            for path in root.rglob("*"):
                mode = path.lstat().st_mode
                self.assertFalse(mode & (stat.S_ISUID | stat.S_ISGID), path)
                if not path.is_symlink() and path != root / "tmp":
                    self.assertFalse(mode & stat.S_IWOTH, path)

    def test_has_what_the_loader_asks_for_and_nothing_is_left_out(self):
        for service in ("identity-service", "product-core-api", "phasezero"):
            with self.subTest(service):
                root = installation.images.root(service)
                listed = subprocess.run(
                    ["chroot", str(root), "/lib64/ld-linux-x86-64.so.2", "--list", f"/usr/bin/{service}"],
                    capture_output=True, text=True, check=False,
                ) if os.geteuid() == 0 else None
                if listed is not None:
                    self.assertEqual(listed.returncode, 0, listed.stderr)
                    self.assertNotIn("not found", listed.stdout)

    def test_names_its_packages_where_scanners_look_and_keeps_their_copyrights(self):
        for service in SERVICES:
            image = installation.images.image(service)
            for name, package in image.packages.items():
                status = (image.root / "var/lib/dpkg/status.d" / name).read_text(encoding="utf-8")
                self.assertIn(f"Version: {package.version}\n", status)
                self.assertTrue((image.root / "usr/share/doc" / name / "copyright").exists(), name)
            self.assertIn("libc6", image.packages)

    def test_is_small(self):
        sizes = {service: installation.images.image(service).size() / 1e6 for service in SERVICES}
        for service, limit in {"identity-service": 40, "product-core-api": 40, "console": 20, "phasezero": 35}.items():
            self.assertLess(sizes[service], limit, sizes)


class Archive(unittest.TestCase):
    def test_is_the_same_to_the_byte_whenever_it_is_made(self):
        root = installation.images.root("console")
        with tempfile.TemporaryDirectory() as scratch:
            made = []
            for name in ("first", "second"):
                archive = pathlib.Path(scratch) / name
                digest = oci.write_image(root, archive, command="console-server", account=65532, version="1", revision="r")
                made.append((digest, archive.read_bytes()))
                os.utime(root / "etc/passwd")
            self.assertEqual(made[0][0], made[1][0])
            self.assertEqual(made[0][1], made[1][1])


class Contract(unittest.TestCase):
    """What Cloud Run asks of a container, of each of the three."""

    @classmethod
    def setUpClass(cls):
        cls.ports = {"identity-service": 8001, "product-core-api": 8000, "console": 8080}
        cls.containers = {}
        for service, port in cls.ports.items():
            cls.containers[service] = installation.container(service, port)
        cls.addClassCleanup(cls.end_all)
        for service, port in cls.ports.items():
            path = "/healthz" if service == "console" else "/startupz"
            cls.containers[service].until_it_answers(port, path)

    @classmethod
    def end_all(cls):
        for container in cls.containers.values():
            container.__exit__()

    def test_migrates_as_a_job_and_the_second_time_changes_nothing(self):
        self.assertIn("applied", installation.migrations[0])
        self.assertIn("up to date", installation.migrations[1])

    def test_listens_on_every_address_at_the_port_it_is_given(self):
        table = pathlib.Path("/proc/net/tcp").read_text(encoding="ascii")
        listening = {line.split()[1] for line in table.splitlines()[1:] if line.split()[3] == "0A"}
        for service, port in self.ports.items():
            self.assertIn(f"00000000:{port:04X}", listening, service)

    def test_speaks_plain_http_1_1(self):
        for service, port in self.ports.items():
            answer = request(port, "/healthz")
            self.assertEqual((answer.status, answer.version), (200, 11), service)

    def test_is_nobody_with_no_rights_on_a_root_that_cannot_be_written(self):
        for service, container in self.containers.items():
            with self.subTest(service):
                self.assertEqual(container.status("CapEff"), "0" * 16)
                self.assertEqual(container.status("NoNewPrivs"), "1")
                if os.geteuid() == 0:
                    self.assertEqual(container.status("Uid").split()[0], "65532")
                mounts = pathlib.Path(f"/proc/{container.pid}/mountinfo").read_text(encoding="utf-8").splitlines()
                rights = {line.split()[4]: line.split()[5].split(",")[0] for line in mounts}
                self.assertEqual(rights["/"], "ro")
                self.assertEqual(rights["/tmp"], "rw")

    def test_talks_to_the_database_over_cloud_sqls_socket(self):
        for service in ("identity-service", "product-core-api"):
            answer = request(self.ports[service], "/readyz")
            self.assertEqual(answer.json(), {"status": "ready", "failed": []}, service)

    def test_answers_as_in_production(self):
        refused = request(8001, "/token", "POST", "username=admin%40acme.example&password=admin123",
                          {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(refused.status, 400)
        self.assertEqual(refused.json()["error"], "invalid_grant")
        self.assertEqual(request(8000, "/api/v1/items").status, 401)
        self.assertEqual(request(8000, "/metrics").status, 404)  # no port of its own was given

    def test_logs_one_json_object_a_line_on_standard_output(self):
        request(8000, "/api/v1/items?limit=%0A")
        request(8080, "/login?secret=1", headers={"Host": "app.example.com"})
        for service, container in self.containers.items():
            with self.subTest(service):
                until(lambda c=container: c.output, "a line of log")
                for line in list(container.output):
                    event = json.loads(line)
                    self.assertIn(event["severity"], {"DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL"})
                    self.assertIn("message", event)
                self.assertEqual(container.errors, [])
        self.assertTrue(any('"httpRequest"' in line for line in self.containers["product-core-api"].output))
        self.assertFalse(any("secret" in line for line in self.containers["console"].output))

    def test_serves_the_console_for_its_own_name_and_says_what_it_is(self):
        own = {"Host": "app.example.com"}
        page = request(8080, "/admin/orgs", headers=own)
        self.assertEqual(page.status, 200)
        self.assertIn("<div id=", page.text)
        self.assertEqual(page.headers["Strict-Transport-Security"], "max-age=31536000")
        self.assertEqual(request(8080, "/config.json", headers=own).json(), {"environment": "production"})
        self.assertEqual(request(8080, "/").status, 421)
        # Forwarded to where the services are unless it is told otherwise.
        self.assertEqual(request(8080, "/.well-known/jwks.json", headers=own).status, 200)

    def test_refuses_to_start_on_a_wrong_setting_with_one_sentence(self):
        for service in self.ports:
            with installation.container(service, 9000, PZ_LOG_LEVLE="info") as container:
                self.assertEqual(container.wait(), 2)
                self.assertIn("PZ_LOG_LEVLE", container.said())


class End(unittest.TestCase):
    """SIGTERM, to a program that is process 1 and so gets no default action for a signal."""

    def test_ends_by_itself_and_with_success(self):
        for service, port, path in (("identity-service", 9001, "/startupz"), ("product-core-api", 9000, "/healthz"),
                                    ("console", 9080, "/healthz")):
            with self.subTest(service), installation.container(service, port) as container:
                container.until_it_answers(port, path)
                self.assertEqual(container.end(), 0, container.said())
                self.assertEqual(container.errors, [])


if __name__ == "__main__":
    sys.exit("run me with tests/deploy/run")
