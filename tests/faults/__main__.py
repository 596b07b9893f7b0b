"""./dev fault: breaks what runs, on purpose, and compares what the clients were told with what is there.

./dev fault --list                  the faults, and what each of them has to show
./dev fault service-killed          the long run of one
./dev fault --short                 all of them for a short while, as ./dev test does
./dev fault all --markdown FILE     the long run of each, and a table of what it showed
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from xml.sax.saxutils import quoteattr

import faults_of_backup  # noqa: F401  (each module adds its faults to the table)
import faults_of_calls  # noqa: F401
import faults_of_clients  # noqa: F401
import faults_of_database  # noqa: F401
import faults_of_failover  # noqa: F401
import faults_of_issuer  # noqa: F401
import faults_of_machine  # noqa: F401
import faults_of_memory  # noqa: F401
import faults_of_network  # noqa: F401
import faults_of_processes  # noqa: F401
import faults_of_upgrade  # noqa: F401
from fault import FAULTS, Fault
from machine import Broken, Impossible, Workshop
from report import Report

OK, FOUND, USAGE = 0, 1, 2


def table() -> str:
    return "\n".join(f"  {fault.name:<20} {fault.number:<8} {fault.goal}" for fault in FAULTS.values())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev fault",
        description="Breaks what runs, on purpose, on loopback and in directories of its own.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="faults:\n" + table(),
    )
    parser.add_argument("names", nargs="*", metavar="FAULT", help="which, or `all`; without one --list")
    parser.add_argument("--list", action="store_true", help="the faults and what each has to show")
    parser.add_argument(
        "--short", action="store_true", help="a few rounds; goals in seconds are told and not held"
    )
    parser.add_argument("--rounds", type=int, help="how many times (a fault's own number without)")
    parser.add_argument(
        "--from", metavar="COMMIT", dest="before", help="upgrade: the release before, which ./dev fault builds"
    )
    parser.add_argument("--json", metavar="FILE", help="add one line of JSON for each fault")
    parser.add_argument(
        "--markdown", metavar="FILE", help="write a table row for each fault; what misses its goal is bold"
    )
    parser.add_argument("--junit", metavar="FILE", help="write a case for each fault")
    parser.add_argument(
        "--packages", action="store_true", help="the Debian packages that the named faults need, and no more"
    )
    parser.add_argument("--keep", action="store_true", help="keep the logs of the run")
    given = parser.parse_args()
    if given.names == ["all"]:
        given.names = list(FAULTS)
    for name in given.names:
        if name not in FAULTS:
            parser.error(f"there is no fault {name}; faults: {' '.join(FAULTS)}")
    return given


async def play(fault: Fault, workshop: Workshop, rounds: int, strict: bool) -> dict:
    report = Report(rounds=rounds, long=strict)
    began = time.monotonic()
    verdict = "ok"
    try:
        await fault.play(workshop, rounds, report)
        findings = report.findings + (report.missed() if strict else [])
    except Impossible as reason:
        verdict, findings = "skipped", [str(reason)]
    except Exception as error:  # noqa: BLE001  (whatever it is, the other faults are played)
        kind = "" if isinstance(error, (Broken, TimeoutError)) else traceback.format_exc()
        findings = report.findings + [f"{type(error).__name__}: {error}", kind]
    if findings and verdict == "ok":
        verdict = "failed"
    seconds = time.monotonic() - began
    mark = {"ok": "ok", "failed": "!!", "skipped": "--"}[verdict]
    print(f"  {mark} {fault.name:<20} {fault.number:<6} {report.text()}  [{seconds:.0f} s]")
    for finding in findings[:20]:
        if finding:
            print(f"       {finding}")
    if len(findings) > 20:
        print(f"       and {len(findings) - 20} more")
    sys.stdout.flush()
    return {
        "fault": fault.name,
        "plan": fault.number,
        "verdict": verdict,
        "rounds": rounds,
        "seconds": round(seconds, 1),
        "figures": {figure.name: round(figure.value, 4) for figure in report.figures},
        "findings": findings,
        "row": f"| {fault.number} | {fault.name} | {rounds} | {verdict}: {report.markdown()} | "
        f"`./dev fault {fault.name} --rounds {rounds}` |",
    }


def table_of(results: list[dict]) -> str:
    rows = ["| plan | fault | rounds | what came of it | command |", "| --- | --- | --- | --- | --- |"]
    return "\n".join(rows + [result["row"] for result in results]) + "\n"


def junit(results: list[dict]) -> str:
    def case(result: dict) -> str:
        inside = {
            "ok": "",
            "skipped": "<skipped/>",
            "failed": f"<failure message={quoteattr(' '.join(result['findings'])[:4000])}/>",
        }
        return (
            f'<testcase classname="fault" name={quoteattr(result["fault"])} time="{result["seconds"]}">'
            f'{inside[result["verdict"]]}</testcase>'
        )

    return f'<testsuites><testsuite name="fault">{"".join(map(case, results))}</testsuite></testsuites>\n'


async def run(given: argparse.Namespace) -> int:
    chosen = [FAULTS[name] for name in given.names] or [fault for fault in FAULTS.values() if fault.short]
    workshop = Workshop(given.before)
    results = []
    try:
        for fault in chosen:
            rounds = given.rounds or ((fault.short or 1) if given.short else fault.long)
            results.append(await play(fault, workshop, rounds, strict=not given.short))
            if given.markdown:
                # After each, because a long run may be ended early.
                Path(given.markdown).write_text(table_of(results), encoding="utf-8")
    finally:
        if given.keep:
            print(f"     the logs are in {workshop.directory}")
        else:
            workshop.remove()
    if given.json:
        with open(given.json, "a", encoding="utf-8") as file:
            file.writelines(json.dumps({name: value for name, value in result.items() if name != "row"}) + "\n" for result in results)
    if given.junit:
        with open(given.junit, "w", encoding="utf-8") as file:
            file.write(junit(results))
    return FOUND if any(result["verdict"] == "failed" for result in results) else OK


def with_mounts_of_our_own() -> None:
    """Goes on in a mount namespace that ends with this run, whatever becomes of it; where that is not permitted, as before."""
    command = ["unshare", "--mount", "--propagation", "private"]
    inside = "PZ_FAULTS_INSIDE"
    if (
        os.geteuid() == 0
        and inside not in os.environ
        and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    ):
        os.environ[inside] = "yes"
        os.execvp(command[0], [*command, sys.executable, *sys.argv])


def main() -> int:
    given = arguments()
    if given.packages:
        print(" ".join(sorted({package for name in given.names for package in FAULTS[name].packages})))
        return OK
    if given.list or not (given.names or given.short):
        print(table())
        return OK
    with_mounts_of_our_own()
    return asyncio.run(run(given))


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
