"""Claims about what goes wrong: a stuck daemon, kills, failures in a row, a full disk."""

import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import threading
import time

from host import (CALLS, SERVICES, STATE, client, drop_in, expect, healthy, is_active, journal, numbers, run, show,
                  systemctl, unit, until)
from people import SAMPLED, TRAINED, rejection_sample, result, same_bytes, selftrain


def a_stopped_daemon_is_ended_by_the_watchdog():
    with drop_in("ood", "[Service]\nWatchdogSec=4\n"):
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
    return f"WatchdogSec=4: a call made meanwhile was answered after {waited:.1f} s"


def restarts_wait_longer_each_time_and_end():
    # The unit's own limit is eight starts in five minutes; four are enough to see the pauses and the end.
    starts, pauses, waiting = 4, [], []

    def wait_in_vain():
        try:
            with client("judge", attempts=8) as calls:
                calls.unary(SERVICES["judge"], *CALLS["judge"], timeout=90)
        except Exception as error:  # every kind counts
            waiting.append(str(error))

    with drop_in("judge", f"[Unit]\nStartLimitBurst={starts}\n"):
        for _ in range(starts - 1):
            pid = int(show(unit("judge"), "MainPID"))
            os.kill(pid, signal.SIGKILL)
            begin = time.monotonic()
            until(lambda: is_active(unit("judge")) and int(show(unit("judge"), "MainPID")) != pid, 60, "the judge runs again")
            pauses.append(time.monotonic() - begin)
        os.kill(int(show(unit("judge"), "MainPID")), signal.SIGKILL)
        caller = threading.Thread(target=wait_in_vain, daemon=True)
        caller.start()
        until(lambda: show("autodidact-judge.socket", "Result") == "service-start-limit-hit", 60, "systemd gives up")
        caller.join(60)
        expect(waiting, "a caller hangs, or was answered by nobody")
        expect(all(later > earlier + 1 for earlier, later in zip(pauses, pauses[1:])), f"pauses {pauses}")
        # What the runbook says.
        run("sh", "-c", "systemctl reset-failed 'autodidact-*' && systemctl start autodidact.target")
        expect(healthy("judge"), "the judge does not serve after what the runbook says")
    after = ", ".join(f"{pause:.1f}" for pause in pauses)
    return (f"StartLimitBurst={starts}: again after {after} s, then given up; a caller read "
            f"\"{waiting[0][:60]}\"; the runbook's command brings it back")


def kills_in_a_run_lose_nothing():
    for victim, after in (("teacher", 0.6), ("encoder", 0.3), ("command", 0.8)):
        process = selftrain(f"killed-{victim}")
        time.sleep(after * min(numbers["selftrain_s"], 6) / 2)
        if victim == "command":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            systemctl("kill", "-s", "KILL", unit(victim), check=False)
        process.communicate(timeout=600)
        code, _, errors = result(selftrain(f"killed-{victim}"))
        expect(code == 0, f"the run did not go on after the kill of {victim}: {errors[-400:]}")
        same_bytes("calm", f"killed-{victim}", TRAINED)
    return "teacher, encoder and the command killed in a run: resumed, same bytes as the calm run"


def full_disk(name, size, job, calm, files):
    """Runs a job while the daemon's state is on a small disk, and again with room; returns the error of the first."""
    state = STATE / name
    aside = state.with_name(f"{name}-aside")
    systemctl("stop", unit(name))
    shutil.move(state, aside)
    state.mkdir(mode=0o700)
    run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", state)
    try:
        code, _, errors = result(job(f"full-{name}"))
        expect(code == 1 and errors.strip(), f"exit status {code} on a full disk: {errors[-200:]}")
        systemctl("stop", unit(name))
        databases = list(state.rglob("*.sqlite"))
        expect(databases, f"{name} has no database")
        for database in databases:
            with contextlib.closing(sqlite3.connect(database)) as connection:
                expect(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok", f"{database} is damaged")
        run("mount", "-o", "remount,size=300m", state)
        again, _, later = result(job(f"full-{name}"))
        expect(again == 0, f"with room again: {later[-300:]}")
        same_bytes(calm, f"full-{name}", files)
    finally:
        systemctl("stop", unit(name))
        run("umount", state)
        state.rmdir()
        shutil.move(aside, state)
    return errors.strip().splitlines()[-1]


def a_full_disk_gives_an_error_and_damages_nothing():
    teacher = full_disk("teacher", "700k", selftrain, "calm", TRAINED)
    judge = full_disk("judge", "300k", rejection_sample, "answers", SAMPLED)
    return f"teacher: \"{teacher[:70]}\"; judge: \"{judge[:70]}\"; with room again both runs go on, same bytes"


CLAIMS = [
    ("a SIGSTOPped daemon is ended by the watchdog and comes back", a_stopped_daemon_is_ended_by_the_watchdog),
    ("restarts wait longer each time and end at the limit", restarts_wait_longer_each_time_and_end),
    ("kill -9 in a self-training run loses nothing", kills_in_a_run_lose_nothing),
    ("a full disk gives an error and damages nothing", a_full_disk_gives_an_error_and_damages_nothing),
]
