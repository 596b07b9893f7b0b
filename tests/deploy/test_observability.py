"""The dashboard and the alerts ask for what the services say, each alert has been seen to fire and has a page to read."""

import json
import re
import shutil
import subprocess
import unittest

import yaml

from installation import TREE, migrated_installation, request, until

FOLDER = TREE / "deploy/observability"
RULES = yaml.safe_load((FOLDER / "rules.yml").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
RECORDED = {rule["record"] for group in RULES["groups"] for rule in group["rules"] if "record" in rule}
PREFIXES = r"\b(?:http_server|db_client|phasezero|process)_[a-z_]+\b"
LABELS = {"http_request_method", "http_route", "http_response_status_code", "db_client_connection_pool_name",
          "db_client_connection_state"}


# Said only while there is something to say; its name stands in the program.
SILENT = {"phasezero_support_signals": TREE / "product-core-api/src/support/keeper.cpp"}


def metrics_of(expression: str) -> set[str]:
    without_records = re.sub(r"phasezero:[a-z0-9_:]+", "", expression)
    return set(re.findall(PREFIXES, without_records)) - LABELS


class Rules(unittest.TestCase):
    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_fire_when_they_should_and_not_before(self):
        found = subprocess.run(
            ["promtool", "test", "rules", str(FOLDER / "rules.test.yml"), str(FOLDER / "rules.slow.test.yml")],
            capture_output=True, text=True, check=False,
        )
        self.assertEqual(found.returncode, 0, found.stdout + found.stderr)

    def test_have_each_been_tried_and_each_has_an_entry_in_the_runbook(self):
        tried = (FOLDER / "rules.test.yml").read_text(encoding="utf-8") + (FOLDER / "rules.slow.test.yml").read_text(
            encoding="utf-8")
        runbook = (TREE / "docs/runbook.md").read_text(encoding="utf-8")
        headings = re.findall(r"^### (\S+)$", runbook, re.MULTILINE)
        for alert in ALERTS:
            name = alert["alert"]
            self.assertRegex(tried, rf"alertname: {name}\n\s+exp_alerts:\n")
            self.assertIn(name, headings)
            self.assertEqual(alert["annotations"]["runbook"], f"docs/runbook.md#{name.lower()}")
            self.assertIn(alert["labels"]["severity"], {"page", "ticket"})
        self.assertEqual(sorted(headings), sorted(alert["alert"] for alert in ALERTS))


class Metrics(unittest.TestCase):
    """Against the images, asked where Prometheus asks them."""

    @classmethod
    def setUpClass(cls):
        installation = migrated_installation()
        cls.said = set()
        # A collector that is not there: the counters of spans are.
        more = {"PZ_METRICS_PORT": "9100", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
        for service, port in (("identity-service", 8001), ("product-core-api", 8000)):
            changes = {**more, "PZ_METRICS_PORT": str(port + 1100)}
            container = installation.container(service, port, **changes)
            cls.addClassCleanup(container.__exit__)
            container.until_it_answers(port, "/startupz")
            request(port, "/nothing")
            # Pools and counters report once a second.
            until(lambda p=port: "db_client_operations_total" in request(p + 1100, "/metrics").text, "a report")
            text = request(port + 1100, "/metrics").text
            cls.said |= set(re.findall(r"^([a-z_]+)[{ ]", text, re.MULTILINE))
            cls.said |= set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))

    def assert_said(self, expression: str) -> None:
        for name in metrics_of(expression):
            if name in SILENT:
                self.assertIn(f'"{name}"', SILENT[name].read_text(encoding="utf-8"))
                continue
            self.assertIn(name, self.said, expression)
        for name in re.findall(r"phasezero:[a-z0-9_:]+", expression):
            self.assertIn(name, RECORDED, expression)

    def test_the_alerts_ask_for_what_is_there(self):
        for group in RULES["groups"]:
            for rule in group["rules"]:
                self.assert_said(rule["expr"])

    def test_the_dashboard_asks_for_what_is_there(self):
        dashboard = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
        self.assertGreater(len(expressions), 20)
        for expression in expressions:
            self.assert_said(expression)

    def test_the_dashboard_shows_everything_that_is_there(self):
        dashboard = (FOLDER / "dashboard.json").read_text(encoding="utf-8")
        own = {name for name in self.said if re.fullmatch(PREFIXES, name)}
        for name in own:
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            self.assertIn(base, dashboard, f"{name} is on no panel")
