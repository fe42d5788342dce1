"""Shows on a booted systemd what the suite promises, a line each. Runs as root in the container of ops/acceptance.

    claims.py PACKAGE NEWER-PACKAGE
"""

import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import corpus
from host import (RUN, RUNUSER, SERVICES, Failed, Load, client, configure, daemons, drop_in, encode_request, expect, half_frame,
                  healthy, is_active, journal, raw_socket, resident_bytes, run, show, start_seconds, systemctl, unit, until)

HOME = pathlib.Path("/home/alice")
FILES = ["metrics.json", "pseudo_labels.jsonl", "head.safetensors", "quarantine.jsonl"]
numbers = {}


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
        expect(is_active(unit(name)), f"{name} did not start")
        numbers[name] = {"start_s": start_seconds(name), "first_call_s": first, "idle_mb": resident_bytes(name) / 1e6}
        said.append(f"{name} {first * 1000:.0f} ms")
    return ", ".join(said)


def ready_only_when_it_can_answer():
    # A start waits for READY=1; the very next call must be answered as serving.
    for name in daemons():
        systemctl("restart", unit(name))
        expect(healthy(name), f"{name} was ready and did not serve")
    # Without its model the encoder must not say that it is ready.
    models = pathlib.Path("/var/lib/autodidact/models")
    systemctl("stop", unit("encoder"))
    models.rename(models.with_name("away"))
    try:
        systemctl("start", unit("encoder"), check=False, timeout=100)
        expect(not is_active(unit("encoder")), "the encoder is active without a model")
    finally:
        models.with_name("away").rename(models)
        systemctl("stop", unit("encoder"))
        systemctl("reset-failed", unit("encoder"), "autodidact-encoder.socket", check=False)
    expect(healthy("encoder", timeout=60), "the encoder did not recover")
    return "all restarted and serving at once; no READY without a model"


def a_stopped_daemon_is_ended_by_the_watchdog():
    drop_in("ood", "[Service]\nWatchdogSec=4\n")
    systemctl("restart", unit("ood"))
    before = int(show(unit("ood"), "NRestarts"))
    pid = int(show(unit("ood"), "MainPID"))
    os.kill(pid, signal.SIGSTOP)
    threads = pathlib.Path(f"/proc/{pid}/task")
    until(lambda: all((thread / "stat").read_text().rpartition(")")[2].split()[0] == "T" for thread in threads.iterdir()),
          10, "every thread is stopped")
    begin = time.monotonic()
    expect(healthy("ood", timeout=60), "the retry of the client was not answered")
    waited = time.monotonic() - begin
    until(lambda: int(show(unit("ood"), "NRestarts")) == before + 1, 30, "systemd restarted it")
    expect(healthy("ood", timeout=60), "it does not serve again")
    expect(journal("UNIT=" + unit("ood"), "UNIT_RESULT=watchdog"), "no watchdog in the journal")
    drop_in("ood", "")
    systemctl("restart", unit("ood"))
    return f"WatchdogSec=4: a call made meanwhile was answered after {waited:.1f} s"


def selftrain(output, wait=True):
    words = ["autodidact", "selftrain", "--labelled", "labelled.jsonl", "--unlabelled", "unlabelled.jsonl", "--test",
             "test.jsonl", "--output", output, "--quiet"]
    process = subprocess.Popen([RUNUSER, "-u", "alice", "--"] + words, cwd=HOME, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin", "HOME": str(HOME)},
                               start_new_session=True)
    if not wait:
        return process
    output, errors = process.communicate(timeout=600)
    return process.returncode, output, errors


def same_bytes(one, other):
    for name in FILES:
        expect((HOME / one / name).read_bytes() == (HOME / other / name).read_bytes(), f"{name} differs")


def a_user_of_the_group_works():
    corpus.write(HOME)
    begin = time.monotonic()
    code, output, errors = selftrain("calm")
    expect(code == 0, f"selftrain: {errors[-400:]}")
    seconds = time.monotonic() - begin
    numbers["selftrain_s"] = seconds
    run("sh", "-c", "cd; autodidact classify --model calm --input test.jsonl --output classified.jsonl", user="alice",
        environment={"HOME": str(HOME)})
    for name in daemons():
        numbers[name]["loaded_mb"] = resident_bytes(name) / 1e6
    said = f"selftrain ({seconds:.0f} s) and classify"
    if "inference" in daemons() and pathlib.Path("/var/lib/autodidact/models/smollm2").exists():
        _, text, _ = run("autodidact", "generate", "--prompt", "The capital of France is", "--max-tokens", "8",
                         user="alice", environment={"HOME": str(HOME)})
        expect(text.strip(), "generate wrote nothing")
        numbers["inference"]["loaded_mb"] = resident_bytes("inference") / 1e6
        said += ", generate"
    return said


def kills_in_a_run_lose_nothing():
    for victim, after in (("teacher", 0.6), ("encoder", 0.3), ("command", 0.8)):
        process = selftrain(f"killed-{victim}", wait=False)
        time.sleep(after * min(numbers["selftrain_s"], 6) / 2)
        if victim == "command":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            systemctl("kill", "-s", "KILL", unit(victim), check=False)
        process.communicate(timeout=600)
        code, _, errors = selftrain(f"killed-{victim}")
        expect(code == 0, f"the run did not go on after the kill of {victim}: {errors[-400:]}")
        same_bytes("calm", f"killed-{victim}")
    return "teacher, encoder and the command killed in a run: resumed, same bytes as the calm run"


def restarts_under_load_lose_no_call():
    with Load() as load:
        for _ in range(3):
            systemctl("restart", unit("encoder"))
            answered = load.answered
            until(lambda: load.answered > answered + 50 or load.errors, 60, "answers after the restart")
    expect(not load.errors, f"{len(load.errors)} errors, first: {load.errors[:1]}")
    numbers["answered_under_restarts"] = load.answered
    return f"3 restarts, 8 callers: {load.answered} answered, 0 errors, slowest {max(load.seconds):.1f} s"


def a_reload_changes_the_log_level_and_drops_no_call():
    with Load() as load:
        configure("encoder", {"log": {"level": "debug"}})
        systemctl("reload", unit("encoder"))
        # Nothing is waited for: when systemctl returns, the new level holds.
        answered = load.answered
        until(lambda: load.answered > answered + 100 or load.errors, 60, "answers after the reload")
    expect(not load.errors, f"errors: {load.errors[:1]}")
    configure("encoder", {"log": {"levle": "debug"}})
    code = run("systemctl", "reload", unit("encoder"), check=False)[0]
    expect(code != 0 and is_active(unit("encoder")), "a wrong configuration was taken or ended the daemon")
    entries = journal("SERVICE=autodidact.v1.Encoder", "METHOD=Encode", "STATUS=OK")
    expect(entries, "no debug entry of a call")
    configure("encoder", {"log": {"level": "info"}})
    systemctl("reload", unit("encoder"))
    return f"{load.answered} answered, 0 errors; a wrong configuration was refused"


def the_journal_has_fields():
    entries = journal("SERVICE=autodidact.v1.Encoder", "METHOD=Encode", "STATUS=OK")
    expect(entries, "no entry matches")
    for key in ("DURATION_US", "PEER_UID", "TRACE_ID"):
        expect(key in entries[-1], f"no {key} in {sorted(entries[-1])}")
    expect(int(entries[-1]["DURATION_US"]) > 0, "no duration")
    return f"{len(entries)} entries match SERVICE= METHOD= STATUS=, with DURATION_US, PEER_UID, TRACE_ID"


def a_memory_limit_gives_an_error_or_a_restart():
    # Fresh, for a daemon keeps the room of its largest call.
    systemctl("restart", unit("encoder"))
    before = int(show(unit("encoder"), "NRestarts"))
    group = pathlib.Path("/opt/memory-cgroup/autodidact-acceptance")
    how = "MemoryMax="
    expect(healthy("encoder"), "the encoder does not serve")
    pid = show(unit("encoder"), "MainPID")
    limit = resident_bytes("encoder") + (16 << 20)
    if group.parent.is_dir() and (group.parent / "memory.limit_in_bytes").exists():
        # cgroup v1, which a container cannot change through systemd: the kernel's own interface.
        # What the process holds already is charged to its old group.
        how, limit = "memory.limit_in_bytes", 8 << 20
        group.mkdir(exist_ok=True)
        (group / "memory.limit_in_bytes").write_text(str(limit))
        (group / "cgroup.procs").write_text(pid)
    elif pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists():
        systemctl("set-property", "--runtime", unit("encoder"), f"MemoryMax={limit}")
    else:
        return "skipped: no memory controller in this container"
    errors, answers = [], []

    def heavy():
        with client("encoder", attempts=6) as calls:
            for _ in range(4):
                try:
                    texts = ["a longer text that takes some room " * 20] * 48
                    answers.append(len(calls.unary(SERVICES["encoder"], "Encode", encode_request(texts), timeout=60)))
                except Exception as error:  # every kind counts
                    errors.append(str(error))

    threads = [threading.Thread(target=heavy, daemon=True) for _ in range(4)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    expect(not any(thread.is_alive() for thread in threads), "a caller hangs")
    seconds = time.monotonic() - begin
    if how == "MemoryMax=":
        systemctl("set-property", "--runtime", unit("encoder"), "MemoryMax=2G")
    restarts = int(show(unit("encoder"), "NRestarts")) - before
    expect(errors or restarts, "the limit was not reached")
    until(lambda: is_active(unit("encoder")), 60, "the encoder runs again")
    expect(healthy("encoder", timeout=60), "the encoder does not serve afterwards")
    if group.is_dir():
        for process in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(process)
        until(lambda: not (group / "cgroup.procs").read_text(), 10, "the group is empty")
        group.rmdir()
    said = f"{how} {limit >> 20} MiB: {restarts} restarts, {len(answers)} answered, {len(errors)} errors, no hang ({seconds:.0f} s)"
    return said + (f"; a caller read: {errors[0][:80]}" if errors else "")


def a_full_disk_gives_an_error_and_damages_nothing():
    state = pathlib.Path("/var/lib/private/autodidact/teacher")
    systemctl("stop", unit("teacher"))
    aside = state.with_name("teacher-aside")
    shutil.move(state, aside)
    state.mkdir(mode=0o700)
    run("mount", "-t", "tmpfs", "-o", "size=700k,mode=0700", "tmpfs", state)
    try:
        code, _, errors = selftrain("full")
        expect(code == 1 and errors.strip(), f"exit status {code} on a full disk: {errors[-200:]}")
        message = errors.strip().splitlines()[-1]
        systemctl("stop", unit("teacher"))
        for database in state.rglob("*.sqlite"):
            with contextlib.closing(sqlite3.connect(database)) as connection:
                expect(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok", f"{database} is damaged")
        run("mount", "-o", "remount,size=300m", state)
        code, _, errors = selftrain("full")
        expect(code == 0, f"with room again: {errors[-300:]}")
        same_bytes("calm", "full")
    finally:
        systemctl("stop", unit("teacher"))
        run("umount", state)
        state.rmdir()
        shutil.move(aside, state)
    return f"\"{message[:110]}\"; with room again the run goes on, same bytes"


def outsiders_are_refused():
    code, output, errors = run("autodidact", "health", "encoder", user="bob", check=False)
    expect(code == 1 and "forbidden" in output, f"exit status {code}: {output}{errors}")
    code, output, _ = run("autodidact", "health", "encoder", "--format", "nagios", user="bob", check=False)
    expect(code == 3, f"Nagios exit code {code}")
    probe = f"import socket; socket.socket(socket.AF_UNIX).connect('{RUN}/encoder.sock')"
    code, _, errors = run("python3", "-c", probe, user="bob", check=False)
    expect(code != 0 and "PermissionError" in errors, f"connect: {errors}")
    return "connect: permission denied; health says forbidden"


def hostile_peers_hurt_nobody():
    with Load(callers=4) as load:
        calm = load.median()
        open_peers = []
        for index in range(50):
            garbage = raw_socket("encoder")
            try:
                garbage.sendall(os.urandom(4096))
            except OSError:
                pass
            open_peers.append(garbage)
            half = raw_socket("encoder")
            half.sendall(half_frame())
            open_peers.append(half)
        refused = 0
        for index in range(1000):
            try:
                open_peers.append(raw_socket("encoder"))
            except OSError:
                refused += 1
        answered = load.answered
        until(lambda: load.answered > answered + 300 or load.errors, 120, "answers beside hostile peers")
        beside = load.median()
        for peer in open_peers:
            peer.close()
    expect(not load.errors, f"errors of the others: {load.errors[:1]}")
    expect(int(show(unit("encoder"), "NRestarts")) == hostile_restarts[0], "the encoder was restarted")
    return (f"50 × garbage, 50 × half a frame, 1,000 connections ({refused} refused): others' median "
            f"{calm * 1000:.1f} → {beside * 1000:.1f} ms, 0 errors")


hostile_restarts = [0]


def the_timer_writes_metrics():
    folder = pathlib.Path("/var/lib/prometheus/node-exporter")
    folder.mkdir(parents=True, exist_ok=True)
    systemctl("start", "autodidact-metrics.service")
    text = (folder / "autodidact.prom").read_text()
    for part in ("autodidact_up{daemon=\"encoder\"} 1", "autodidact_ood_scored_rows_total ",
                 "autodidact_unit_failures_total{daemon=\"ood\",result=\"watchdog\"} "):
        expect(part in text, f"no {part}")
    expect("daemon=\"ood\",result=\"watchdog\"} 0" not in text, "the watchdog's restart is not counted")
    expect([file.name for file in folder.iterdir()] == ["autodidact.prom"], "temporary files are left")
    return f"{len(text.splitlines())} lines, the watchdog's restart among them"


def exposure_is_small():
    said = []
    for name in daemons():
        _, output, _ = run("systemd-analyze", "security", "--threshold=10", unit(name))
        said.append(f"{name} {output.strip().splitlines()[-1].split(':')[-1].split()[0]}")
    return ", ".join(said)


def stop_leaves_nothing():
    systemctl("stop", "autodidact.target")
    until(lambda: not run("pgrep", "-f", "/usr/lib/autodidact/autodidact-", check=False)[1].split(), 60, "no process is left")
    until(lambda: not list(RUN.glob("*.sock")), 10, "no socket is left")
    systemctl("start", "autodidact.target")
    for name in daemons():
        expect(is_active(f"autodidact-{name}.socket"), f"{name}'s socket does not listen again")
    return "no process, no socket; a start brings all sockets back"


def an_upgrade_loses_no_call():
    with Load(callers=4) as load:
        begin = time.monotonic()
        run("dpkg", "-i", sys.argv[2], environment={"DEBIAN_FRONTEND": "noninteractive"})
        seconds = time.monotonic() - begin
        answered = load.answered
        until(lambda: load.answered > answered + 50 or load.errors, 60, "answers after the upgrade")
    expect(not load.errors, f"{len(load.errors)} errors, first: {load.errors[:1]}")
    code, version, _ = run("dpkg-query", "-W", "-f=${Version}", "autodidact")
    return f"to {version} in {seconds:.0f} s under load: {load.answered} answered, 0 errors"


def removing_keeps_and_purging_clears():
    state = pathlib.Path("/var/lib/private/autodidact")
    run("dpkg", "-r", "autodidact")
    expect(any(state.iterdir()), "the state went with a removal")
    expect(pathlib.Path("/etc/autodidact/encoder.json").exists(), "the configuration went with a removal")
    expect(not RUN.exists() or not any(RUN.iterdir()), "sockets are left")
    expect(not pathlib.Path("/usr/lib/autodidact").exists(), "/usr/lib/autodidact is left")
    run("dpkg", "-P", "autodidact")
    for path in (state, "/etc/autodidact", "/var/lib/autodidact", "/var/cache/private/autodidact"):
        expect(not pathlib.Path(path).exists(), f"{path} is left")
    units = run("systemctl", "list-unit-files", "autodidact*", "--no-legend", check=False)[1].strip()
    expect(not units, f"units are left: {units}")
    return "state and configuration stay with remove and go with purge"


CLAIMS = [
    ("all sockets listen before any daemon runs", sockets_listen_before_any_daemon_runs),
    ("the first call starts its daemon", first_call_starts_the_daemon),
    ("READY only when it can answer", ready_only_when_it_can_answer),
    ("a SIGSTOPped daemon is ended by the watchdog and comes back", a_stopped_daemon_is_ended_by_the_watchdog),
    ("an ordinary user of the group works against the sandboxed services", a_user_of_the_group_works),
    ("kill -9 in a self-training run loses nothing", kills_in_a_run_lose_nothing),
    ("SIGTERM under load drains", restarts_under_load_lose_no_call),
    ("a reload changes the log level and drops no call", a_reload_changes_the_log_level_and_drops_no_call),
    ("logs in the journal have fields", the_journal_has_fields),
    ("a full disk gives an error and damages nothing", a_full_disk_gives_an_error_and_damages_nothing),
    ("a user outside the group gets permission denied", outsiders_are_refused),
    ("garbage, half frames and 1,000 connections hurt nobody", hostile_peers_hurt_nobody),
    ("a memory limit gives an error or a clean restart", a_memory_limit_gives_an_error_or_a_restart),
    ("the timer writes metrics for node_exporter", the_timer_writes_metrics),
    ("the exposure is at most 1.0", exposure_is_small),
    ("stopping the target leaves no process and no socket", stop_leaves_nothing),
    ("an upgrade under load loses no call", an_upgrade_loses_no_call),
    ("remove and purge leave what Debian users expect", removing_keeps_and_purging_clears),
]


def main():
    failed = 0
    only = os.environ.get("AUTODIDACT_CLAIMS", "")
    for title, check in CLAIMS:
        if only and check.__name__ not in only.split(","):
            continue
        if check is hostile_peers_hurt_nobody:
            hostile_restarts[0] = int(show(unit("encoder"), "NRestarts"))
        try:
            detail = check()
            word = "skip  " if detail.startswith("skipped") else "ok    "
        except Exception as error:  # a claim that cannot be checked does not hold
            failed += 1
            word, detail = "FAILED", f"{type(error).__name__}: {error}"
        print(f"{word}  {title}: {detail}", flush=True)
    for name, values in numbers.items():
        if isinstance(values, dict):
            shown = f"start to READY {values['start_s'] * 1000:.0f} ms, first call {values['first_call_s'] * 1000:.0f} ms"
            shown += f", resident {values['idle_mb']:.0f} MB idle"
            if "loaded_mb" in values:
                shown += f", {values['loaded_mb']:.0f} MB loaded"
            print(f"number  {name}: {shown}", flush=True)
    sys.exit(1 if failed else 0)


main()
