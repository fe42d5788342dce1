"""Claims about memory: limits of systemd that end a daemon, and budgets of the daemons that refuse a call."""

import array
import pathlib
import struct
import threading
import time

from host import (HOME, SERVICES, as_alice, client, configuration, drop_in, encode_request, expect, healthy, is_active,
                  resident_bytes, restart, run, show, unit, until)
from people import result, start

KILLS = pathlib.Path("/run/acceptance-kills")
# Writes how many processes of the unit the kernel has killed for its memory: cgroup v1, v2.
RECORD = """#!/bin/sh
group=$(systemctl show -P ControlGroup "$1")
cat "/sys/fs/cgroup/memory$group/memory.oom_control" "/sys/fs/cgroup$group/memory.events" 2>/dev/null |
  awk '$1 == "oom_kill" { print $2 }' >>/run/acceptance-kills
"""


def applied(name):
    """The limit that the kernel holds the unit to, or None without the memory controller."""
    group = show(unit(name), "ControlGroup")
    for file in (f"/sys/fs/cgroup/memory{group}/memory.limit_in_bytes", f"/sys/fs/cgroup{group}/memory.max"):
        if pathlib.Path(file).exists():
            text = pathlib.Path(file).read_text().strip()
            return None if text == "max" else int(text)
    return None


def features(path, rows, dimensions=384):
    """A .npy file of rows without end: a thousand different ones, again and again."""
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dimensions}), }}"
    head = head.ljust(117) + "\n"
    block = array.array("f", (((index * 2654435761) % 4093) / 4093 - 0.5 for index in range(1000 * dimensions))).tobytes()
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        for _ in range(rows // 1000):
            file.write(block)


def heavy_encoding():
    """Four large batches at once; returns how many calls were answered, and the errors of the others."""
    answers, errors = [], []

    def call():
        with client("encoder", attempts=6) as calls:
            try:
                texts = ["a longer text that takes some room " * 20] * 48
                answers.append(calls.unary(SERVICES["encoder"], "Encode", encode_request(texts), timeout=120))
            except Exception as error:  # every kind counts
                errors.append(str(error))

    threads = [threading.Thread(target=call, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    expect(not any(thread.is_alive() for thread in threads), "a caller hangs")
    return len(answers), errors


def commands(*words_of_each):
    """The same for commands of the user of the group that run at once."""
    running = [start("autodidact", *words) for words in words_of_each]
    ends = [result(process, timeout=300) for process in running]
    errors = [errors.strip().splitlines()[-1] for code, _, errors in ends if code]
    return len(ends) - len(errors), errors


def heavy_generation():
    """Four prompts that share nothing, with 1,500 tokens each."""
    story = "Once upon a time there was a small town by the sea. " * 120
    return commands(*(["generate", "--max-tokens", "8", "--prompt", f"Story {index}. {story}"] for index in range(4)))


def heavy_fit():
    """A nearest-neighbour detector that keeps 92 MB of features."""
    return commands(["ood", "fit", "--method", "knn", "--features", "big.npy", "--name", "big"])


def a_memory_limit_ends_in_an_error_or_a_restart():
    record = pathlib.Path("/run/acceptance-record")
    record.write_text(RECORD)
    record.chmod(0o755)
    features(HOME / "big.npy", 60_000)
    said = []
    for name, room, load in (("encoder", 8, heavy_encoding), ("inference", 96, heavy_generation), ("ood", 32, heavy_fit)):
        restart(name)
        expect(healthy(name), f"{name} does not serve")
        limit = resident_bytes(name, "RssAnon") + (room << 20) >> 20 << 20
        KILLS.write_text("")
        settings = f"[Service]\nMemoryHigh=infinity\nMemoryMax={limit}\nExecStopPost=+/run/acceptance-record %n\n"
        with drop_in(name, settings):
            if applied(name) != limit:
                return "skipped: this container has no memory controller"
            begin = time.monotonic()
            answered, errors = load()
            seconds = time.monotonic() - begin
            until(lambda: is_active(unit(name)), 90, f"{name} runs again")
            restarts = int(show(unit(name), "NRestarts"))
            kills = sum(int(line) for line in KILLS.read_text().split())
            expect(errors or restarts, f"{name}: the limit of {limit >> 20} MiB was not reached")
            expect(restarts == 0 or kills, f"{name} was restarted {restarts} times, and the kernel killed nothing")
            expect(healthy(name, timeout=60), f"{name} does not serve afterwards")
        expect(healthy(name, timeout=60), f"{name} does not serve with its own limit")
        errors_after = load()[1]
        expect(not errors_after, f"{name} does not do the same work with its own limit: {errors_after[:1]}")
        said.append(f"{name} at {limit >> 20} MiB: {kills} oom kills, {restarts} restarts, {answered} answered, "
                    f"{len(errors)} errors in {seconds:.0f} s" + (f" (\"{errors[0][:60]}\")" if errors else ""))
    return "; ".join(said)


def a_budget_refuses_and_the_daemon_goes_on():
    with configuration("ood", {"memory": {"bytes": 32 << 20}}):
        before = show(unit("ood"), "MainPID")
        answered, errors = heavy_fit()
        expect(not answered and "memory.bytes" in errors[0], f"{answered} answered, {errors}")
        expect(show(unit("ood"), "MainPID") == before and healthy("ood"), "the daemon went down")
        said = errors[0]
    with configuration("inference", {"models": {"memoryMiB": 512}}):
        before = show(unit("inference"), "MainPID")
        run("autodidact", "model", "import", "/opt/models/smollm2/model.gguf", "--name", "second")
        code, _, errors = as_alice("autodidact", "generate", "--model", "second", "--prompt", "a", check=False)
        run("autodidact", "model", "remove", "second")
        expect(code == 1 and "MiB" in errors or code == 0, f"exit status {code}: {errors}")
        expect(show(unit("inference"), "MainPID") == before and healthy("inference"), "the daemon went down")
    return f"ood: \"{said[:110]}\"; inference: exit {code} \"{errors.strip()[:110]}\""


CLAIMS = [
    ("a memory limit gives an error or a clean restart", a_memory_limit_ends_in_an_error_or_a_restart),
    ("a call beyond a daemon's budget is refused", a_budget_refuses_and_the_daemon_goes_on),
]
