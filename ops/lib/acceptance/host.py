"""What the claims ask of the host: systemd, the journal, users, and calls over the daemons' sockets."""

import contextlib
import json
import os
import pathlib
import random
import socket
import statistics
import struct
import subprocess
import threading
import time

import autodidact_ttrpc as ttrpc

RUN = pathlib.Path("/run/autodidact")
STATE = pathlib.Path("/var/lib/private/autodidact")
MODELS = pathlib.Path("/var/lib/autodidact/models")
HOME = pathlib.Path("/home/alice")
RUNUSER = "/usr/sbin/runuser"
SERVICES = {
    "encoder": "autodidact.v1.Encoder", "ood": "autodidact.v1.OODDetector", "teacher": "autodidact.v1.Teacher",
    "inference": "autodidact.v1.Inference", "judge": "autodidact.v1.Judge",
}


# What was measured on the way: seconds, bytes and counts by daemon or by name.
numbers = {}


class Failed(Exception):
    """A claim that does not hold."""


def expect(condition, text):
    if not condition:
        raise Failed(text)


def run(*words, user=None, timeout=600, check=True, environment=None):
    """Runs a command, as another user if named; returns its exit status and what it wrote."""
    words = [str(word) for word in words]
    if user:
        words = [RUNUSER, "-u", user, "--"] + words
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(environment or {})})
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(words)}: exit status {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.returncode, done.stdout, done.stderr


def as_alice(*words, **options):
    """Runs a command as the user of the group, in her folder."""
    return run("sh", "-c", 'cd && exec "$@"', "sh", *words, user="alice", environment={"HOME": str(HOME)}, **options)


def systemctl(*words, check=True, timeout=120):
    return run("systemctl", *words, check=check, timeout=timeout)[1].strip()


def show(unit, name):
    return systemctl("show", "-P", name, unit)


def is_active(unit):
    return systemctl("is-active", unit, check=False) == "active"


def daemons():
    return [name for name in SERVICES if show(f"autodidact-{name}.service", "LoadState") == "loaded"]


def unit(name):
    return f"autodidact-{name}.service"


def until(condition, seconds, what):
    """Waits for a condition of the host; there is no event to wait for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise Failed(f"not within {seconds} s: {what}")


def restart(name):
    """Starts a daemon anew with its unit as it is now and no start counted so far."""
    systemctl("daemon-reload")
    systemctl("reset-failed", unit(name), check=False)
    systemctl("restart", unit(name))


@contextlib.contextmanager
def drop_in(name, text):
    """Settings of a unit as long as the block runs, with a start of the daemon before and after it."""
    folder = pathlib.Path(f"/run/systemd/system/{unit(name)}.d")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "acceptance.conf"
    file.write_text(text)
    try:
        restart(name)
        yield
    finally:
        file.unlink()
        folder.rmdir()
        restart(name)


@contextlib.contextmanager
def configuration(name, settings, apply="restart"):
    """A configuration of a daemon as long as the block runs, applied before and after it."""
    file = pathlib.Path(f"/etc/autodidact/{name}.json")
    before = file.read_text()
    file.write_text(json.dumps(settings))
    try:
        systemctl(apply, unit(name))
        yield
    finally:
        file.write_text(before)
        systemctl(apply, unit(name))


def resident_bytes(name, what="VmRSS"):
    """What a daemon has in memory; RssAnon: without the files that it maps."""
    pid = show(unit(name), "MainPID")
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise Failed(f"{name} does not run")


def start_seconds(name):
    """From the start of the process to READY=1."""
    begin, ready = (int(show(unit(name), key)) for key in
                    ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"))
    return (ready - begin) / 1e6


def journal(*words):
    _, output, _ = run("journalctl", "-q", "-b", "-o", "json", "--no-pager", *words, check=False)
    return [json.loads(line) for line in output.splitlines()]


# Messages small enough to be written by hand.

def field(number, content):
    length, head = len(content), bytes([number << 3 | 2])
    size = b""
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return head + size + bytes([length]) + content


def encode_request(texts):
    return field(4, b"".join(field(1, text.encode()) for text in texts))


# A call of each daemon that changes nothing.
CALLS = {
    "encoder": ("Encode", encode_request(["a short text"])),
    "ood": ("ListMethods", b""),
    "teacher": ("ListMethods", b""),
    "inference": ("Choose", field(2, field(1, b"The sky is")) + field(3, b" blue") + field(3, b" made of stone")),
    "judge": ("ListMethods", b""),
}


def client(name, **options):
    return ttrpc.Client(str(RUN / f"{name}.sock"), **options)


def healthy(name, timeout=30):
    """Asks the daemon how it is doing; True if it serves."""
    request = field(1, SERVICES[name].encode())
    with client(name, attempts=8) as calls:
        answer = calls.unary("autodidact.v1.Health", "Check", request, timeout=timeout, idempotent=True)
        return answer == b"\x08\x01"


class Load:
    """Callers that call a daemon without a pause until they are told to stop; the encoder gets other texts each time."""

    WORDS = "a quick test of the sandboxed suite that encodes short texts for many callers at once".split()

    def __init__(self, name="encoder", callers=8):
        self.name, self.answered, self.errors, self.seconds = name, 0, [], []
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.call, args=(number,), daemon=True) for number in range(callers)]

    def call(self, number):
        chance = random.Random(number)
        method, request = CALLS[self.name]
        least = 4 * 384 * 4 if self.name == "encoder" else 1
        calls = client(self.name, attempts=8)
        while not self.stopping.is_set():
            if self.name == "encoder":
                request = encode_request([" ".join(chance.choices(self.WORDS, k=12)) for _ in range(4)])
            begin = time.monotonic()
            try:
                answer = calls.unary(SERVICES[self.name], method, request, timeout=60, idempotent=True)
                expect(len(answer) >= least, f"an answer of {len(answer)} bytes")
                with self.lock:
                    self.answered += 1
                    self.seconds.append(time.monotonic() - begin)
            except Exception as error:  # every kind counts
                with self.lock:
                    self.errors.append(f"{type(error).__name__}: {error}")
            if chance.random() < 0.2:
                calls.close()
                calls = client(self.name, attempts=8)
        calls.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        until(lambda: self.answered >= 50 or self.errors, 60, "50 answers")
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(90)

    def more(self, count, what):
        """Waits for so many more answers, or an error."""
        goal = self.answered + count
        until(lambda: self.answered >= goal or self.errors, 120, f"{count} answers {what}")

    def median(self):
        with self.lock:
            recent = self.seconds[-400:]
        return statistics.median(recent)


def raw_socket(name):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.connect(str(RUN / f"{name}.sock"))
    peer.settimeout(30)
    return peer


def half_frame():
    """The header of a request of 1,000 bytes, and ten of them."""
    return struct.pack(">IIBB", 1000, 1, 1, 0) + b"0123456789"
