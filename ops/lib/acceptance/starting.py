"""Claims about units, sockets and starts."""

import contextlib
import os
import re
import time

import autodidact_ttrpc as ttrpc
from host import (CALLS, MODELS, RUN, SERVICES, Failed, client, daemons, expect, healthy, is_active, numbers, resident_bytes, run,
                  show, start_seconds, systemctl, unit, until)


def units_are_sound():
    names = [f"autodidact-{name}.{kind}" for name in daemons() for kind in ("socket", "service")]
    others = ["autodidact.target", "autodidact.slice", "autodidact-metrics.service", "autodidact-metrics.timer"]
    _, output, errors = run("systemd-analyze", "verify", "--man=no", *names, *others)
    expect(not output + errors, f"systemd-analyze verify: {output}{errors}")
    said = []
    for name in daemons():
        _, output, _ = run("systemd-analyze", "security", "--threshold=10", unit(name))
        said.append(f"{name} {re.search('exposure level.*: ([0-9.]+) ', output)[1]}")
    return f"verify is silent about {len(names) + len(others)} units; exposure {', '.join(said)}"


def sockets_listen_before_any_daemon_runs():
    for name in daemons():
        expect(is_active(f"autodidact-{name}.socket"), f"{name}'s socket is not active")
        expect(not is_active(unit(name)), f"{name} runs already")
        status = os.stat(RUN / f"{name}.sock")
        expect(status.st_mode & 0o777 == 0o660, f"mode {status.st_mode:o}")
    return ", ".join(daemons())


def first_call_starts_the_daemon():
    said = []
    for name in daemons():
        begin = time.monotonic()
        expect(healthy(name, timeout=60), f"{name} does not serve")
        first = time.monotonic() - begin
        until(lambda: is_active(unit(name)), 10, f"{name} has started")
        numbers[name] = {"start_s": start_seconds(name), "first_call_s": first, "idle_mb": resident_bytes(name) / 1e6}
        said.append(f"{name} {first * 1000:.0f} ms")
    return ", ".join(said)


@contextlib.contextmanager
def without(model):
    """Takes a model away as long as the block runs."""
    aside = MODELS.with_name(f"{model}-aside")
    (MODELS / model).rename(aside)
    try:
        yield
    finally:
        aside.rename(MODELS / model)


def ready_only_when_it_can_answer():
    # A start waits for READY=1; the very next call must be answered as serving.
    for name in daemons():
        systemctl("restart", unit(name))
        expect(healthy(name), f"{name} was ready and did not serve")
    # Without its model the encoder must not say that it is ready.
    systemctl("stop", unit("encoder"))
    with without("minilm"):
        systemctl("start", unit("encoder"), check=False, timeout=100)
        expect(not is_active(unit("encoder")), "the encoder is active without a model")
        systemctl("stop", unit("encoder"))
    systemctl("reset-failed", unit("encoder"), "autodidact-encoder.socket", check=False)
    expect(healthy("encoder", timeout=60), "the encoder did not recover")
    # Language models are many, and none is needed to serve: a call says how to get the one that is missing.
    with without("smollm2"):
        systemctl("restart", unit("inference"))
        pid = show(unit("inference"), "MainPID")
        with client("inference") as calls:
            try:
                calls.unary(SERVICES["inference"], *CALLS["inference"])
                raise Failed("inference answers without a model")
            except ttrpc.RpcError as error:
                refusal = str(error)
    expect("autodidact model fetch smollm2" in refusal, f"inference refuses with: {refusal}")
    with client("inference") as calls:
        expect(calls.unary(SERVICES["inference"], *CALLS["inference"], timeout=60), "no answer once the model is there")
    expect(show(unit("inference"), "MainPID") == pid, "inference was started again")
    return (f"all {len(daemons())} restarted and serving at once; no READY of the encoder without its model; inference says how to "
            "get its model, and has it without a restart")


CLAIMS = [
    ("systemd finds nothing wrong with the units, exposure at most 1.0", units_are_sound),
    ("all sockets listen before any daemon runs", sockets_listen_before_any_daemon_runs),
    ("the first call starts its daemon", first_call_starts_the_daemon),
    ("READY only when it can answer", ready_only_when_it_can_answer),
]
