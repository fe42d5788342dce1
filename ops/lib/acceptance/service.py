"""Claims about calls that go on: over restarts and reloads, beside hostile peers, until everything is stopped."""

import json
import os
import pathlib

from host import (RUN, Load, configuration, daemons, expect, half_frame, healthy, is_active, journal, numbers, raw_socket,
                  restart, run, show, systemctl, unit, until)


def restarts_under_load_lose_no_call():
    said = []
    for name in daemons():
        restart(name)
        with Load(name) as load:
            for _ in range(3):
                systemctl("restart", unit(name))
                load.more(50, "after the restart")
        expect(not load.errors, f"{name}: {len(load.errors)} errors, first: {load.errors[:1]}")
        numbers.setdefault(name, {}).update(restarts=3, answered=load.answered, slowest_s=max(load.seconds))
        said.append(f"{name} {load.answered} answered (slowest {max(load.seconds):.1f} s)")
    return f"3 restarts of each, 8 callers, 0 errors: {', '.join(said)}"


def a_reload_changes_the_log_level_and_drops_no_call():
    restart("encoder")
    with Load() as load:
        with configuration("encoder", {"log": {"level": "debug"}}, apply="reload"):
            # Nothing is waited for: when systemctl returns, the new level holds.
            load.more(100, "after the reload")
            file = pathlib.Path("/etc/autodidact/encoder.json")
            file.write_text(json.dumps({"log": {"levle": "debug"}}))
            code = run("systemctl", "reload", unit("encoder"), check=False)[0]
            expect(code != 0 and is_active(unit("encoder")), "a wrong configuration was taken or ended the daemon")
            load.more(20, "after the wrong configuration")
    expect(not load.errors, f"errors: {load.errors[:1]}")
    expect(journal("SERVICE=autodidact.v1.Encoder", "METHOD=Encode", "STATUS=OK"), "no debug entry of a call")
    return f"{load.answered} answered, 0 errors; a wrong configuration was refused"


def hostile_peers_hurt_nobody():
    restarts = int(show(unit("encoder"), "NRestarts"))
    with Load(callers=4) as load:
        calm = load.median()
        open_peers = []
        for _ in range(50):
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
        for _ in range(1000):
            try:
                open_peers.append(raw_socket("encoder"))
            except OSError:
                refused += 1
        load.more(300, "beside hostile peers")
        beside = load.median()
        for peer in open_peers:
            peer.close()
    expect(not load.errors, f"errors of the others: {load.errors[:1]}")
    expect(int(show(unit("encoder"), "NRestarts")) == restarts, "the encoder was restarted")
    return (f"50 × garbage, 50 × half a frame, 1,000 connections ({refused} refused): others' median "
            f"{calm * 1000:.1f} → {beside * 1000:.1f} ms, 0 errors")


def stop_leaves_nothing():
    for name in daemons():
        expect(healthy(name, timeout=60), f"{name} does not serve")
    systemctl("stop", "autodidact.target")
    until(lambda: not run("pgrep", "-f", "/usr/lib/autodidact/autodidact-", check=False)[1].split(), 60, "no process is left")
    until(lambda: not list(RUN.glob("*.sock")), 10, "no socket is left")
    systemctl("start", "autodidact.target")
    for name in daemons():
        expect(is_active(f"autodidact-{name}.socket"), f"{name}'s socket does not listen again")
    return f"{len(daemons())} daemons ran: no process, no socket; a start brings all sockets back"


CLAIMS = [
    ("SIGTERM under load drains", restarts_under_load_lose_no_call),
    ("a reload changes the log level and drops no call", a_reload_changes_the_log_level_and_drops_no_call),
    ("garbage, half frames and 1,000 connections hurt nobody", hostile_peers_hurt_nobody),
    ("stopping the target leaves no process and no socket", stop_leaves_nothing),
]
