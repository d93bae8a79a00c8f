"""Runs a participant against the sink and says what it took."""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from .participants import Desk

LONGEST = 900  # seconds that a run may take
TICK = os.sysconf("SC_CLK_TCK")


class Sink:
    """The server of benches/whole, in a process of its own."""

    def __init__(self, whole, delay_ms=0):
        command = [whole, "sink", "--delay-ms", str(delay_ms)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, word):
        print(word, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


@dataclasses.dataclass
class Took:
    wall: float
    cpu: float  # seconds, the server's included
    peak: float  # MB, the server's included
    code: int


@dataclasses.dataclass
class Round:
    sending: float
    whole: float
    cpu: float
    peak: float


def write_people(path, rows):
    """The table of benches/whole."""
    with path.open("w") as table:
        print("Phone,First Name,City,Order,Since,Note", file=table)
        for n in range(rows):
            city = ("Pune", "Nagpur", "Surat", "Kochi")[n % 4]
            print(f"+91{9_800_000_000 + n},Guest {n},{city},A{n:08},{2015 + n % 10},regular customer", file=table)


@contextlib.contextmanager
def desk(home, participant, rows, url):
    """Below `home`, so that everybody writes to the same disk."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix=f"{participant.name}-", dir=home))
    try:
        people = directory / "people.csv"
        write_people(people, rows)
        with participant.at(Desk(directory, people, rows, url)) as ready:
            yield ready
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(desk, sink, kill_when=None):
    """Runs its command to the end, or kills it once `kill_when` says so."""
    environment = {"SENDWO_BASE_URL": sink.url, "SENDWO_API_TOKEN": "12|bench"}
    environment |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    server_before = server_cpu(desk.server)
    begun = time.monotonic()
    with (desk.directory / "said").open("w") as said:
        child = subprocess.Popen(
            [str(word) for word in desk.command],
            cwd=desk.directory,
            env=os.environ | environment | desk.environment,
            stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )
    peak = 0.0
    try:
        while True:
            peak = max(peak, resident_peak(child.pid))
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
            if ended:
                child.returncode = os.waitstatus_to_exitcode(status)
                break
            if kill_when and kill_when():
                child.kill()
                kill_when = None
            if time.monotonic() - begun > LONGEST:
                child.kill()
            time.sleep(0.005)
    finally:
        if child.returncode is None:
            child.kill()
            child.wait()
    wall = time.monotonic() - begun
    cpu = usage.ru_utime + usage.ru_stime + server_cpu(desk.server) - server_before
    return Took(wall, cpu, peak + resident_peak(desk.server), child.returncode)


def server_cpu(process):
    """CPU seconds so far, with those of children that ended: Redis rewrites its log in one."""
    if process is None:
        return 0.0
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICK


def resident_peak(process):
    """MB at most so far. Not what `wait4` tells: that counts the parent's, from before the program was loaded."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def figures(home, participant, rows, sink):
    """One round."""
    with desk(home, participant, rows, sink.url) as ready:
        sink.ask("reset")
        took = run(ready, sink)
        seen = sink.ask("report")
        if took.code not in ready.fine or seen["posts"] != rows or seen["distinct"] != rows:
            raise RuntimeError(f"{participant.name} ended with {took.code} after {seen}:\n{ready.said()}")
        return Round(seen["rate"], rows / seen["last_answer_s"], took.cpu / rows * 10_000, took.peak)


@dataclasses.dataclass
class Killed:
    before: int  # POSTs at the kill
    twice: int
    never: int
    in_doubt: int
    again: float  # seconds from the second start to its end


def killed(home, participant, rows, sink):
    """Killed at half, started again by the same command."""
    with desk(home, participant, rows, sink.url) as ready:
        sink.ask("reset")
        first = run(ready, sink, lambda: sink.ask("report")["posts"] >= rows // 2)
        before = sink.ask("report")["posts"]
        if first.code >= 0:
            raise RuntimeError(f"{participant.name} ended with {first.code} before it was killed:\n{ready.said()}")
        second = run(ready, sink)
        if second.code not in ready.fine:
            raise RuntimeError(f"{participant.name} ended with {second.code} after the kill:\n{ready.said()}")
        seen = sink.ask("report")
        return Killed(before, seen["twice_or_more"], rows - seen["distinct"], participant.in_doubt(ready), second.wall)
