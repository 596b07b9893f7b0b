"""deploy/cloud-run: the files fit the schema, name settings that exist, and what they describe starts and works."""

import copy
import importlib.machinery
import importlib.util
import json
import re
import subprocess
import tomllib
import unittest

import jsonschema
import yaml

from installation import BUILD, INSTANCE, TREE, Container, migrated_installation, request, until

FOLDER = TREE / "deploy/cloud-run"
SCHEMA = json.loads((FOLDER / "service.schema.json").read_text(encoding="utf-8"))
SETTINGS = tomllib.loads((FOLDER / "settings.toml").read_text(encoding="utf-8"))
SERVICES = ("identity-service", "product-core-api", "console")

loader = importlib.machinery.SourceFileLoader("render", str(FOLDER / "render"))
render = importlib.util.module_from_spec(importlib.util.spec_from_loader("render", loader))
loader.exec_module(render)


def container_of(document):
    spec = document["spec"]["template"]["spec"]
    return (spec if document["kind"] == "Service" else spec["template"]["spec"])["containers"][0]


class Files(unittest.TestCase):
    def setUp(self):
        self.files = {name: yaml.safe_load(text) for name, text in render.render(SETTINGS).items()}

    def test_fit_the_schema(self):
        for name, document in self.files.items():
            if name != "url-map.yaml":
                with self.subTest(name):
                    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)

    def test_that_do_not_fit_are_found(self):
        breaks = {
            "a probe on no path": lambda c: c["startupProbe"]["httpGet"].update(path="startupz"),
            "a field that nobody knows": lambda c: c.update(restartPolicy="Always"),
            "PORT, which the platform sets": lambda c: c["env"].append({"name": "PORT", "value": "1"}),
            "a secret in the open": lambda c: c["env"].append({"name": "A", "value": "x", "valueFrom": {}}),
            "no memory": lambda c: c["resources"]["limits"].pop("memory"),
        }
        for what, change in breaks.items():
            document = copy.deepcopy(self.files["identity-service.yaml"])
            change(container_of(document))
            with self.subTest(what), self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)

    def test_name_settings_that_the_programs_know_and_all_that_they_need(self):
        for service in ("identity-service", "product-core-api"):
            listed = json.loads(subprocess.run([str(BUILD / "bin" / service), "--help-config", "--json"],
                                               capture_output=True, text=True, check=True).stdout)
            given = {entry["name"]: "valueFrom" in entry for entry in container_of(self.files[f"{service}.yaml"])["env"]}
            known = {setting["name"]: setting for setting in listed}
            for name, is_secret in given.items():
                self.assertIn(name, known)
                self.assertEqual(is_secret, known[name]["secret"], name)
            required = {name for name, setting in known.items() if setting["required"]}
            self.assertLessEqual(required, set(given))

    def test_send_each_path_where_the_consoles_own_web_server_sends_it(self):
        nginx = (TREE / "deploy/console/nginx.conf.in").read_text(encoding="utf-8")
        found = set()
        exact = re.search(r"location ~ \^/\(([a-z|]+)\)\$ \{", nginx)[1]
        found |= {f"/{name}" for name in exact.split("|")}
        below = re.search(r"location ~ \^/\(([a-z|\\.-]+)\)/ \{", nginx)[1].replace("\\.", ".")
        found |= {f"/{name}/*" for name in below.split("|")}
        api = re.search(r"location ~ \^/api/v1/\(([a-z|/-]+)\)\(/\|\$\) \{", nginx)[1]
        found |= {f"/api/v1/{name}{rest}" for name in api.split("|") for rest in ("", "/*")}
        rules = {rule["service"].split("/")[-1]: set(rule["paths"])
                 for rule in self.files["url-map.yaml"]["pathMatchers"][0]["pathRules"]}
        self.assertEqual(rules["phasezero-identity"], found)
        single = set(re.findall(r"location = (/\S+) \{\s+proxy_pass http://api;", nginx))
        self.assertTrue(single)
        self.assertEqual(rules["phasezero-product"], {"/api/*"} | single)
        self.assertEqual(self.files["url-map.yaml"]["hostRules"][0]["hosts"], ["app.example.com"])

    def test_are_refused_for_settings_that_cannot_work(self):
        for section, name, value in (("installation", "origin", "http://app.example.com"),
                                     ("identity-service", "cpu_always", False), ("console", "max_instances", -1)):
            settings = copy.deepcopy(SETTINGS)
            (settings[section] if section in settings else settings["service"][section])[name] = value
            with self.subTest(name), self.assertRaises(render.SettingsError):
                render.render(settings)

    def test_let_the_instances_open_no_more_connections_than_the_database_takes(self):
        self.assertLess(render.connections(SETTINGS["service"]), SETTINGS["installation"]["database_connections"] - 10)


class Described(unittest.TestCase):
    """What the files describe, run with exactly their programs, arguments and environment."""

    @classmethod
    def setUpClass(cls):
        cls.installation = installation = migrated_installation()
        settings = copy.deepcopy(SETTINGS)
        settings["installation"]["database_instance"] = INSTANCE
        cls.files = {name: yaml.safe_load(text) for name, text in render.render(settings).items()}
        inside = f"/cloudsql/{INSTANCE}"
        cls.secrets = {f"phasezero-database-{role}": installation.database.connection(f"pz_{role}", host=inside)
                       for role in ("identity", "app", "support", "admin", "migrator", "backup")}
        cls.secrets |= {"phasezero-keys-identity": installation.keys, "phasezero-keys-product": installation.keys,
                        "phasezero-smtp-user": "user", "phasezero-smtp-password": "password"}

    def environment(self, name):
        return {entry["name"]: entry["value"] if "value" in entry
                else self.secrets[entry["valueFrom"]["secretKeyRef"]["name"]]
                for entry in container_of(self.files[name])["env"]}

    def start(self, name, port, **changes):
        service = name.removesuffix(".yaml")
        program = "console-server" if service == "console" else service
        container = Container(self.installation.images.root(service), [f"/usr/bin/{program}"],
                              {**self.environment(name), "PORT": str(port), **changes},
                              {self.installation.database.socket: f"/cloudsql/{INSTANCE}"})
        self.addCleanup(container.__exit__)
        described = container_of(self.files[name])
        container.until_it_answers(port, described["startupProbe"]["httpGet"]["path"])
        container.until_it_answers(port, described["livenessProbe"]["httpGet"]["path"])
        return container

    def test_services_start_and_jobs_end_with_success(self):
        self.start("identity-service.yaml", 8001)
        self.start("product-core-api.yaml", 8000, PZ_METRICS_PORT="9101",
                   PZ_JWKS_URL="http://127.0.0.1:8001/.well-known/jwks.json")
        self.start("console.yaml", 8080)
        before = self.active_key()
        for name in sorted(self.files):
            if name.startswith("job-"):
                with self.subTest(name):
                    self.installation.run("phasezero", container_of(self.files[name])["args"], self.environment(name))
        self.assertNotEqual(self.active_key(), before)

    def active_key(self):
        return until(lambda: self.installation.database.psql(
            "select kid from identity.signing_key where state = 'active'", database="phasezero").stdout.strip(), "a key")

    def test_metrics_are_not_on_the_port_that_is_published(self):
        self.start("identity-service.yaml", 8001)
        self.assertEqual(request(8001, "/metrics").status, 404)
        self.assertEqual(request(9100, "/metrics").status, 200)
