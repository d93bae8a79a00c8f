"""Who takes part: how each is run, and what its documentation says of a process that is killed."""

import contextlib
import csv
import dataclasses
import json
import pathlib
import re
import signal
import socket
import subprocess
import time

from . import install

IN_FLIGHT = 64


@dataclasses.dataclass
class Desk:
    """A directory of its own with the recipients, and what is run there; a second time, it goes on."""

    directory: pathlib.Path
    people: pathlib.Path
    rows: int
    url: str
    command: list = dataclasses.field(default_factory=list)
    environment: dict = dataclasses.field(default_factory=dict)
    server: int = None  # the process of the server that it needs
    fine: tuple = (0,)  # exit codes

    def said(self):
        return (self.directory / "said").read_text(errors="replace")[-2000:]


class Participant:
    """Set up once, then asked for its command at each desk."""

    slow = False
    guarantee = None

    def __init__(self, home):
        """Installs it."""

    @contextlib.contextmanager
    def at(self, desk):
        desk.command = self.command(desk)
        yield desk

    def in_doubt(self, desk):
        """How many it lists as in doubt, where it has such a list."""
        return None


class Bare(Participant):
    name = "bare"
    title = "bare loop (reqwest)"

    def __init__(self, home, whole):
        self.whole = whole

    def command(self, desk):
        return [self.whole, "bare-loop", desk.url, str(desk.rows), str(IN_FLIGHT)]


class Sendcast(Participant):
    name = "sendcast"
    guarantee = (
        "what it is about to send is on disk before it is sent; nobody is written to twice, and what was in flight "
        "is listed as in doubt, never sent again but on the operator's word",
        "README.md, ARCHITECTURE.md §1 and §4",
    )

    def __init__(self, home, program):
        self.program = program
        version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
        self.title = version.strip()

    def command(self, desk):
        campaign = {
            "name": "bench",
            "from": "PHONE_NUMBER_ID",
            "audience": {"file": desk.people.name, "phone": "Phone", "country": "IN"},
            "message": {
                "type": "text",
                "body": "Hi {{ first_name }}, your order {{ order }} from {{ city }} is on its way.",
            },
        }
        (desk.directory / "bench.json").write_text(json.dumps(campaign))
        desk.environment = {"SENDCAST_DATA_DIR": str(desk.directory / "data")}
        desk.fine = (0, 4)  # settled; 4: some in doubt
        run = "run bench.json --offline --track 0 --rate max --concurrency"
        return [self.program, *run.split(), str(IN_FLIGHT)]

    def in_doubt(self, desk):
        with (desk.directory / "bench.report.csv").open(newline="") as report:
            return sum(row["status"] == "in_doubt" for row in csv.DictReader(report))


class Apalis(Participant):
    name = "apalis"
    guarantee = (
        "“a crash mid-flight won't silently drop work” and “jobs held by a dead worker are automatically "
        "re-enqueued”: at least once, so what was in flight or not yet acknowledged is sent again",
        "docs.rs/apalis-sqlite/1.0.0, Features",
    )

    def __init__(self, home):
        self.program = install.apalis(home)
        lock = (install.PEERS / "apalis" / "Cargo.lock").read_text()
        self.title = "apalis-sqlite " + re.search(r'name = "apalis-sqlite"\nversion = "(.*)"', lock)[1]

    def command(self, desk):
        return [self.program, desk.people, desk.directory / "jobs.db"]


class BullMq(Participant):
    name = "bullmq"
    slow = True
    guarantee = (
        "“at-least-once delivery”: “if a worker crashes or loses the lock of a job while processing it, the job can "
        "be processed again”",
        "docs.bullmq.io, What is BullMQ, and Workers, Stalled Jobs",
    )

    def __init__(self, home):
        self.redis = install.redis(home)
        self.script = install.bullmq(home)
        wanted = json.loads((install.PEERS / "bullmq" / "package.json").read_text())["dependencies"]
        told = subprocess.run([*self.redis, "--version"], check=True, capture_output=True, text=True).stdout
        self.title = f"BullMQ {wanted['bullmq']}, Redis {re.search(r'v=([0-9.]+)', told)[1]}"

    def command(self, desk):
        return ["node", self.script, desk.people]

    @contextlib.contextmanager
    def at(self, desk):
        """With a Redis as BullMQ's documentation wants it in production; new at each desk."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = {
            "port": port,
            "bind": "127.0.0.1",
            "dir": desk.directory,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        words = [str(word) for name, value in options.items() for word in ("--" + name, value)]
        with (desk.directory / "redis.log").open("w") as log:
            server = subprocess.Popen([*self.redis, *words], stdout=log, stderr=log)
        try:
            answers(port)
            desk.server = server.pid
            desk.environment = {"REDIS_PORT": str(port)}
            desk.command = self.command(desk)
            yield desk
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


def answers(port):
    """Waits for the server, ten seconds at most."""
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"PING\r\n")
            if line.recv(16).startswith(b"+PONG"):
                return
        time.sleep(0.05)
    raise TimeoutError("Redis doesn't answer")


class Requests(Participant):
    name = "requests"
    slow = True
    guarantee = (
        "nothing: the library keeps no record (its retries apply “never to requests where data has made it to the "
        "server”); the script's own log tells who was answered, so what was in flight is sent again",
        "requests.readthedocs.io, Developer Interface, HTTPAdapter",
    )

    def __init__(self, home):
        self.python = install.requests(home)
        wanted = (install.PEERS / "requests" / "requirements.txt").read_text()
        self.title = "Python, requests " + re.search(r"^requests==(.*)$", wanted, re.M)[1]

    def command(self, desk):
        return [self.python, install.PEERS / "requests" / "send.py", desk.people, desk.directory / "done.log"]


PEERS = (Apalis, BullMq, Requests)
NAMES = [Sendcast.name, *(peer.name for peer in PEERS)]


def assemble(home, wanted):
    """The bare loop and those that are wanted, installed."""
    sendcast, whole = install.sendcast(home)
    taking_part = [Bare(home, whole)]
    if Sendcast.name in wanted:
        taking_part.append(Sendcast(home, sendcast))
    return whole, taking_part + [peer(home) for peer in PEERS if peer.name in wanted]
