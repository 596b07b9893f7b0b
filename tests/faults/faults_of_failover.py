"""Several databases behind each other, and poolers in between: deploy/scale-out as it is written there."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from fault import fault
from faults_of_network import healed
from faults_of_processes import until_ready
from load import Load
from machine import (
    ROOT,
    Broken,
    Cluster,
    Impossible,
    Process,
    Service,
    Stack,
    Workshop,
    as_server_account,
    give_to_server,
    listen,
    postgres_programs,
    tool,
    tool_environment,
)
from report import Report

#: A failover waits for the leader's key to run out (20 s), and a node that comes back is rewound or copied.
LONG = 180.0


def fill_in(template: str, values: dict[str, object]) -> str:
    text = (ROOT / "deploy/scale-out" / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


class Node:
    """A machine: a network namespace with etcd, Patroni and PostgreSQL."""

    def __init__(self, number: int, address: str, directory: Path):
        self.name = f"node{number}"
        self.namespace = f"pz-ha-{os.getpid()}-{number}"
        self.cable = f"pzh{os.getpid() % 10000}-{number}"
        self.address = address
        self.home = directory / self.name
        self.home.mkdir(mode=0o700)
        give_to_server(self.home)
        self.prefix = ["ip", "netns", "exec", self.namespace, *as_server_account()]
        self.etcd: Process | None = None
        self.patroni: Process | None = None

    def start_etcd(self, members: str) -> None:
        self.etcd = Process(
            [
                tool("usr/bin/etcd"),
                "--name",
                self.name,
                "--data-dir",
                self.home / "etcd",
                "--listen-peer-urls",
                f"http://{self.address}:2380",
                "--initial-advertise-peer-urls",
                f"http://{self.address}:2380",
                "--listen-client-urls",
                f"http://{self.address}:2379",
                "--advertise-client-urls",
                f"http://{self.address}:2379",
                "--initial-cluster",
                members,
                "--logger",
                "zap",
                "--log-level",
                "warn",
            ],
            environment=tool_environment(),
            output=self.home.parent / f"{self.name}-etcd.log",
            prefix=self.prefix,
        )

    def start_patroni(self) -> None:
        self.patroni = Process(
            ["/usr/bin/python3", tool("usr/bin/patroni"), self.home / "patroni.yml"],
            environment=tool_environment(),
            output=self.home.parent / f"{self.name}.log",
            ends_by=signal.SIGTERM,
            prefix=self.prefix,
        )

    def processes(self) -> list[int]:
        found = subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True).stdout
        return [int(pid) for pid in found.split()]

    def state(self) -> dict | None:
        """What its Patroni says of it."""
        with contextlib.suppress(OSError, ValueError):
            with urllib.request.urlopen(f"http://{self.address}:8008/patroni", timeout=1) as answer:
                return json.load(answer)
        return None


class Nodes(Cluster):
    """Three nodes on one bridge. To the services it is a list of hosts."""

    def __init__(self, workshop: Workshop):
        super().__init__(workshop, "nodes")
        self.bridge = f"pzh{os.getpid() % 10000}"
        self.network = f"169.254.{1 + os.getpid() % 250}"
        self.nodes = [Node(number, f"{self.network}.{10 + number}", self.directory) for number in (1, 2, 3)]
        self.data = self.directory  # it is there: nothing to copy

    @property
    def where(self) -> str:
        hosts = ",".join(node.address for node in self.nodes)
        return f"host={hosts} port=5432 target_session_attrs=read-write connect_timeout=2"

    def build(self) -> None:
        def ip(*words: str) -> None:
            subprocess.run(["ip", *words], check=True, capture_output=True)

        if os.geteuid() != 0:
            raise Impossible("network namespaces need root")
        try:
            ip("link", "add", self.bridge, "type", "bridge")
            ip("addr", "add", f"{self.network}.1/24", "dev", self.bridge)
            ip("link", "set", self.bridge, "up")
            for node in self.nodes:
                ip("netns", "add", node.namespace)
                ip("link", "add", node.cable, "type", "veth", "peer", "name", "db", "netns", node.namespace)
                ip("link", "set", node.cable, "master", self.bridge, "up")
                ip("-netns", node.namespace, "addr", "add", f"{node.address}/24", "dev", "db")
                ip("-netns", node.namespace, "link", "set", "db", "up")
                ip("-netns", node.namespace, "link", "set", "lo", "up")
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            raise Impossible(
                "network namespaces are not permitted here, or there is no ip (iproute2)"
            ) from error

    async def start(self) -> None:
        self.build()
        self.server = self.nodes[0].patroni  # somebody is there
        members = ",".join(f"{node.name}=http://{node.address}:2380" for node in self.nodes)
        for node in self.nodes:
            node.start_etcd(members)
        for node in self.nodes:
            config = node.home / "patroni.yml"
            config.write_text(
                fill_in(
                    "patroni.yml.in",
                    {
                        "NAME": node.name,
                        "ADDRESS": node.address,
                        "HOME": node.home,
                        "DATA": node.home / "data",
                        "POSTGRES": postgres_programs(),
                        "PASSWORD": self.workshop.password,
                        "NETWORK": f"{self.network}.0/24",
                        "ETCD": ",".join(f"{other.address}:2379" for other in self.nodes),
                    },
                )
            )
            give_to_server(config)
        # One after another: the first makes the database that the others copy.
        for node in self.nodes:
            node.start_patroni()
            if node is self.nodes[0]:
                await self.leader()
        await self.whole()
        await asyncio.to_thread(self.populate)

    async def leader(self) -> Node:
        return (
            await self.until(
                lambda states: [
                    node
                    for node, state in states
                    if state.get("role") in ("master", "primary") and state.get("state") == "running"
                ],
                "there is no leader",
            )
        )[0]

    async def whole(self) -> None:
        """All three run, and one of the two behind the leader is its synchronous one."""
        await self.until(
            lambda states: len(states) == 3
            and all(state.get("state") == "running" for _, state in states)
            and any(state.get("sync_standby") for _, state in states),
            "the nodes do not come together",
        )

    async def until(self, wanted, otherwise: str):
        end = time.monotonic() + LONG
        while True:
            states = [(node, state) for node in self.nodes if (state := await asyncio.to_thread(node.state))]
            if found := wanted(states):
                return found
            if time.monotonic() > end:
                logs = "\n".join(
                    (self.directory / f"{node.name}.log").read_text()[-800:] for node in self.nodes
                )
                raise Broken(f"{otherwise}: {[(node.name, state) for node, state in states]}\n{logs}")
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        for node in self.nodes:
            for pid in node.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for process in (node.patroni, node.etcd):
                if process:
                    await process.wait()
            subprocess.run(["ip", "netns", "del", node.namespace], capture_output=True)
        subprocess.run(["ip", "link", "del", self.bridge], capture_output=True)

    # What happens to a leader.

    async def switch_over(self, leader: Node) -> None:
        """As before maintenance: Patroni hands over."""
        request = urllib.request.Request(
            f"http://{leader.address}:8008/switchover",
            method="POST",
            data=json.dumps({"leader": leader.name}).encode(),
        )
        await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=LONG).read())

    async def lose_power(self, leader: Node) -> None:
        """Everything on the machine is gone at once, its member of etcd too, and comes back after the failover."""
        for pid in leader.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in (leader.patroni, leader.etcd):
            await process.wait()

    async def power_on(self, node: Node) -> None:
        node.start_etcd(",".join(f"{one.name}=http://{one.address}:2380" for one in self.nodes))
        node.start_patroni()

    async def cut_off(self, leader: Node) -> None:
        """It runs on and reaches nobody."""
        subprocess.run(["ip", "link", "set", leader.cable, "down"], check=True)

    async def plug_in(self, node: Node) -> None:
        subprocess.run(["ip", "link", "set", node.cable, "up"], check=True)


class Behind:
    """HAProxy in front of the nodes, for services that know one address."""

    def __init__(self, nodes: Nodes):
        with listen() as free:
            self.port = free.getsockname()[1]
        servers = "\n".join(
            f"    server {node.name} {node.address}:5432 check port 8008" for node in nodes.nodes
        )
        config = nodes.directory / "haproxy.cfg"
        config.write_text(fill_in("haproxy.cfg.in", {"PORT": self.port, "SERVERS": servers}))
        self.process = Process(
            [tool("usr/sbin/haproxy"), "-db", "-f", config],
            environment=tool_environment(),
            output=nodes.directory / "haproxy.log",
            ends_by=signal.SIGTERM,
        )

    @property
    def host(self) -> str:
        return f"host=127.0.0.1 port={self.port}"


PACKAGES = ("patroni", "etcd-server", "haproxy")


@fault("failover", "database", short=0, long=6, packages=PACKAGES)
async def failover(workshop: Workshop, rounds: int, report: Report) -> None:
    """three database nodes under Patroni, in synchronous mode; the leader hands over, loses power, is cut off: no acknowledged
    write is lost or doubled, no answer is another tenant's, writes go on within 30 s (5 s after a switchover)
    """
    tool("usr/bin/patroni")
    nodes = Nodes(workshop)
    async with Stack(workshop, "failover", cluster=nodes) as stack:
        balancer = Behind(nodes)
        through = Service(
            "product-core-api",
            stack.api.environment
            | {
                f"PZ_DATABASE_{name.upper()}": nodes.connection_string(f"pz_{name}", balancer.host)
                for name in ("app", "support", "admin")
            }
            | {"PORT": "0"},
            workshop.new_directory("through-haproxy"),
        )
        through.environment.pop("PZ_AUDIT_FOLDER")
        await through.start()
        await until_ready(through)
        longest: dict[str, float] = {}
        requests = refused = written = 0
        wrong: list[str] = []
        try:
            for number in range(rounds):
                kind, break_it, mend = [
                    ("switchover", nodes.switch_over, None),
                    ("power loss", nodes.lose_power, nodes.power_on),
                    ("cut off", nodes.cut_off, nodes.plug_in),
                ][number % 3]
                await nodes.whole()
                loads = [
                    Load(stack, clients=4, name=f"hosts-{number}"),
                    Load(stack, clients=4, name=f"haproxy-{number}", api=through),
                ]
                async with loads[0], loads[1]:
                    for load in loads:
                        await load.more(40)
                    leader = await nodes.leader()
                    await break_it(leader)
                    await nodes.until(
                        lambda states: [
                            node
                            for node, state in states
                            if node is not leader and state.get("role") in ("master", "primary")
                        ],
                        "there is no new leader",
                    )
                    await asyncio.gather(*(healed(load) for load in loads))
                    if mend:
                        await mend(leader)
                    await nodes.whole()
                    for load in loads:
                        await load.more(20)
                        await load.stop()
                for load in loads:
                    kind_of = f"{kind}, {load.name.split('-')[0]}"
                    longest[kind_of] = max(longest.get(kind_of, 0.0), load.journal.longest_gap())
                    requests += load.journal.requests()
                    refused += load.journal.refused()
                    written += len(load.journal.writes)
                    wrong += load.compare()
        finally:
            through.process.kill()
            await through.process.wait()
            through.listener.close()
            await balancer.process.stop()
        report.count("writes acknowledged", written)
        report.count("requests", requests)
        report.count("refused", refused)
        report.none("lost, doubled or another tenant's", wrong)
        for kind_of, seconds in longest.items():
            report.goal(f"without writes ({kind_of})", seconds, 5 if kind_of.startswith("switchover") else 30)


class Pooler:
    """PgBouncer in transaction mode in front of a cluster."""

    def __init__(self, cluster: Cluster):
        with listen() as free:
            self.port = free.getsockname()[1]
        home = cluster.directory / "pooler"
        home.mkdir(mode=0o700)
        users, config = home / "users.txt", home / "pgbouncer.ini"
        roles = ["pz_app", "pz_support", "pz_admin", "pz_identity"]
        users.write_text("".join(f'"{role}" "{cluster.workshop.password}"\n' for role in roles))
        config.write_text(
            fill_in("pgbouncer.ini.in", {"DATABASE": cluster.sockets, "PORT": self.port, "USERS": users})
        )
        for path in (home, users, config):
            give_to_server(path)
        self.process = Process(
            [tool("usr/sbin/pgbouncer"), config],
            environment=tool_environment(),
            output=cluster.directory / "pgbouncer.log",
            ends_by=signal.SIGTERM,
            prefix=as_server_account(),
        )

    @property
    def host(self) -> str:
        return f"host=127.0.0.1 port={self.port}"


@fault("pooler", "database", short=0, long=10, packages=("pgbouncer",))
async def pooler(workshop: Workshop, rounds: int, report: Report) -> None:
    """PgBouncer in transaction mode between the services and PostgreSQL, with fewer connections than clients, its server
    connections ended under load: nothing is lost, doubled or another tenant's"""
    tool("usr/sbin/pgbouncer")
    cluster = Cluster(workshop, "pooler")
    subprocess.run(["cp", "-a", await workshop.prepared_data(), cluster.data], check=True)
    await cluster.start()
    cluster.run_file(ROOT / "deploy/scale-out/limits.sql")
    between = Pooler(cluster)
    settings = {"PZ_NAMED_STATEMENTS": "false"}
    try:
        async with Stack(
            workshop, "pooler", cluster=cluster, database_host=between.host, api=settings, identity=settings
        ) as stack:
            async with Load(stack, clients=24) as load:
                for _ in range(rounds):
                    await load.more(200)
                    cluster.sql(
                        "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'pz\\_%'"
                    )
                    await healed(load)
                await load.stop()
            journal = load.journal
            report.count("writes acknowledged", len(journal.writes))
            report.count("requests", journal.requests())
            report.count("refused", journal.refused())
            report.none("lost, doubled or another tenant's", load.compare())
            # What this version makes of named statements, for the record.
            await stack.api.process.stop()
            await stack.api.start(more={"PZ_NAMED_STATEMENTS": "true"})
            async with Load(stack, name="named") as named:
                await asyncio.sleep(3 * rounds)
                await named.stop()
            report.count("with named statements: requests", named.journal.requests())
            report.count("with named statements: refused", named.journal.refused())
            report.none("with named statements: lost, doubled or another tenant's", named.compare())
    finally:
        await between.process.stop()
