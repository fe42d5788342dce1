"""Claims about the package: its files, an upgrade, removing and purging."""

import pathlib
import sys

from host import MODELS, RUN, STATE, Load, daemons, expect, healthy, is_active, restart, run, show, systemctl, unit

CONFIGURATION = pathlib.Path("/etc/autodidact")
DPKG = {"DEBIAN_FRONTEND": "noninteractive"}


def the_files_are_whole():
    _, output, _ = run("dpkg", "--verify", "autodidact")
    expect(not output, output)
    files = run("dpkg", "-L", "autodidact")[1].split()
    parts = {"manual pages": "/usr/share/man/man", "completions": "completions", "messages": ".proto",
             "units": "/lib/systemd/system/autodidact"}
    counts = {what: sum(part in file and pathlib.Path(file).is_file() for file in files) for what, part in parts.items()}
    expect(all(counts.values()), f"{counts}")
    expect(not any("logrotate" in file or file.startswith("/var/log") for file in files), "log files")
    _, wanted, _ = run("ldd", "/usr/lib/autodidact/autodidact")
    expect("not found" not in wanted, wanted)
    size = int(run("dpkg-query", "-W", "-f=${Installed-Size}", "autodidact")[1])
    return f"{size / 1024:.0f} MiB installed; {', '.join(f'{count} {what}' for what, count in counts.items())}"


def an_upgrade_loses_no_call():
    # What an administrator has changed stays: a configuration, a unit that is switched off.
    edited = "{ \"log\": { \"level\": \"notice\" } }\n"
    (CONFIGURATION / "ood.json").write_text(edited)
    systemctl("disable", "--now", "autodidact-metrics.timer")
    for name in daemons():
        restart(name)
    before = {name: show(unit(name), "MainPID") for name in daemons()}
    with Load(callers=4) as load:
        run("dpkg", "-i", sys.argv[2], environment=DPKG)
        load.more(50, "after the upgrade")
    expect(not load.errors, f"{len(load.errors)} errors, first: {load.errors[:1]}")
    for name in daemons():
        expect(is_active(f"autodidact-{name}.socket") and healthy(name), f"{name} does not serve")
        expect(show(unit(name), "MainPID") != before[name], f"{name} is still the old one")
    expect((CONFIGURATION / "ood.json").read_text() == edited, "an edited configuration was replaced")
    expect(systemctl("is-enabled", "autodidact-metrics.timer", check=False) == "disabled", "a disabled timer was enabled")
    expect(not is_active("autodidact-metrics.timer"), "a disabled timer was started")
    version = run("dpkg-query", "-W", "-f=${Version}", "autodidact")[1]
    return (f"to {version} under load: {load.answered} answered, 0 errors, slowest {max(load.seconds):.1f} s; {len(before)} "
            "daemons run the new version; an edited configuration and a disabled timer stay so")


def removing_keeps_and_purging_clears():
    kept = [CONFIGURATION / "ood.json", MODELS / "minilm", STATE / "teacher"]
    run("dpkg", "-r", "autodidact")
    for path in kept:
        expect(path.exists(), f"{path} went with a removal")
    for path in (RUN, "/usr/lib/autodidact", "/usr/bin/autodidact", "/lib/systemd/system/autodidact.target"):
        expect(not pathlib.Path(path).exists(), f"{path} is left by a removal")
    expect(not run("pgrep", "-f", "/usr/lib/autodidact/", check=False)[1].split(), "a process is left")
    expect(not systemctl("--failed", "--no-legend", "list-units", "autodidact*", check=False), "failed units are left")
    run("dpkg", "-i", sys.argv[2], environment=DPKG)
    for name in daemons():
        expect(healthy(name, timeout=60), f"{name} does not serve after a new installation")
    run("dpkg", "-P", "autodidact")
    left = [STATE, CONFIGURATION, MODELS.parent, RUN, "/var/cache/private/autodidact", "/var/cache/autodidact",
            "/usr/share/doc/autodidact", "/usr/share/autodidact"]
    for path in left:
        expect(not pathlib.Path(path).exists(), f"{path} is left by a purge")
    for folder in ("/etc/systemd", "/lib/systemd/system", "/var/lib/systemd", "/run/systemd/system"):
        found = [str(path) for path in pathlib.Path(folder).rglob("autodidact*") if "acceptance" not in str(path)]
        expect(not found, f"a purge leaves {found}")
    units = systemctl("list-unit-files", "autodidact*", "--no-legend", check=False)
    expect(not units, f"units are left: {units}")
    code, status, _ = run("dpkg-query", "-W", "-f=${Status}", "autodidact", check=False)
    expect(code != 0 or "not-installed" in status, f"dpkg says {status}")
    # As for other packages of Debian, the group stays: files elsewhere may belong to it.
    expect(run("getent", "group", "autodidact", check=False)[0] == 0, "the group is gone")
    return "configuration, models and state stay with remove, and a new installation serves; purge leaves the group alone"


CLAIMS = [
    ("the package's files are whole", the_files_are_whole),
    ("an upgrade under load loses no call", an_upgrade_loses_no_call),
    ("remove and purge leave what Debian users expect", removing_keeps_and_purging_clears),
]
