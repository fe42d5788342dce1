"""Claims about what operators see: the journal, health, metrics and alerts."""

import json
import pathlib
import pwd
import subprocess

import corpus
from host import (CALLS, HOME, RUNUSER, SERVICES, as_alice, configuration, daemons, expect, healthy, journal, restart, run,
                  systemctl)

PROMTOOL = "/opt/acceptance/promtool"
RULES = "/usr/share/autodidact/monitoring/alerts.yml"
TEXTFILES = pathlib.Path("/var/lib/prometheus/node-exporter")


def a_command_has_one_trace():
    """The judge asks the encoder for the command, and both log the calls under the command's id."""
    with configuration("judge", {"log": {"level": "debug"}}, apply="reload"), configuration(
            "encoder", {"log": {"level": "debug"}}, apply="reload"):
        answers = HOME / "traced.jsonl"
        answers.write_text('{"id": "a", "prompt": "2 + 2?", "response": "4", "reference": "four"}\n')
        as_alice("autodidact", "judge", "fit", "--name", "traced", "--method", "reference-similarity")
        run("env", "AUTODIDACT_TRACE_ID=acceptance-command", "autodidact", "judge", "score", "--judge", "traced",
            "--input", str(answers), "--output", str(HOME / "traced-scores.jsonl"), user="alice")
    for name in ("judge", "encoder"):
        expect(journal(f"SERVICE={SERVICES[name]}", "TRACE_ID=acceptance-command"), f"{name} logged nothing under the command's id")
    return "a judge command and the encoder's calls made for it share one TRACE_ID"


def the_journal_has_fields():
    uid = str(pwd.getpwnam("alice").pw_uid)
    said = []
    for name in daemons():
        method, request = CALLS[name]
        trace = f"acceptance-{name}"
        with configuration(name, {"log": {"level": "debug"}}, apply="reload"):
            call = (f"import sys; sys.path.insert(0, '/opt/acceptance'); import host; host.client('{name}').unary("
                    f"'{SERVICES[name]}', '{method}', {request!r}, timeout=30, metadata={{'trace-id': ['{trace}']}})")
            run("python3", "-c", call, user="alice")
        entries = journal(f"SERVICE={SERVICES[name]}", f"METHOD={method}", "STATUS=OK", f"PEER_UID={uid}", f"TRACE_ID={trace}")
        expect(len(entries) == 1, f"{name}: {len(entries)} entries match")
        expect(int(entries[0]["DURATION_US"]) > 0, f"{name}: no duration")
        said.append(f"{name}/{method} {entries[0]['DURATION_US']} µs")
    said.append(a_command_has_one_trace())
    return f"one entry matches SERVICE, METHOD, STATUS, PEER_UID and TRACE_ID for each: {', '.join(said)}"


def nagios(*words, user="alice"):
    code, output, _ = run("autodidact", "health", "--format", "nagios", *words, user=user, check=False)
    expect(output.startswith("AUTODIDACT "), f"Nagios reads {output[:80]!r}")
    return code, output


def health_speaks_four_formats():
    expect(as_alice("autodidact", "health")[1].count(" serving ") == len(daemons()), "text")
    rows = json.loads(as_alice("autodidact", "health", "--format", "json")[1])
    expect([row["state"] for row in rows] == ["serving"] * len(daemons()), "JSON")
    code, output = nagios("--warning", "5", "--critical", "9")
    expect(code == 0 and all(f"'{name}'=" in output.split("|")[1] for name in daemons()), f"{code}: {output}")
    expect(nagios("--warning", "0.000001", "--critical", "9")[0] == 1, "no WARNING")
    expect(nagios("--warning", "0.000001", "--critical", "0.000002")[0] == 2, "no CRITICAL by time")
    systemctl("stop", "autodidact-ood.socket", "autodidact-ood.service")
    code, output = nagios("ood")
    systemctl("start", "autodidact-ood.socket")
    expect(code == 2 and "CRITICAL" in output, f"no CRITICAL of a daemon that is down: {code}: {output}")
    code, output = nagios("moon")
    expect(code == 3 and "UNKNOWN" in output and "moon" in output, f"wrong usage: {code}: {output}")
    expect(nagios("encoder", user="bob")[0] == 3, "no UNKNOWN for a user outside the group")
    return "text, JSON, Nagios with 0, 1, 2, 3 and times of all daemons; wrong usage is UNKNOWN"


def health_watches():
    healthy("ood")
    watch = subprocess.Popen([RUNUSER, "-u", "alice", "--", "autodidact", "health", "ood", "--watch", "--format", "json"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        states = [json.loads(watch.stdout.readline())["state"]]
        restart("ood")
        while states[-1] != "serving" or len(states) == 1:
            states.append(json.loads(watch.stdout.readline())["state"])
    finally:
        watch.terminate()
        watch.wait(30)
    expect(states[0] == "serving" and len(states) >= 3, f"{states}")
    return f"a restart is seen as {', '.join(states)}"


def metrics():
    return as_alice("autodidact", "health", "--format", "prometheus")[1]


def promtool(*words, text=None):
    done = subprocess.run([PROMTOOL, *words], input=text, capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def the_timer_writes_metrics():
    TEXTFILES.mkdir(parents=True, exist_ok=True)
    for name in daemons():
        healthy(name)
    systemctl("start", "autodidact-metrics.service")
    text = (TEXTFILES / "autodidact.prom").read_text()
    for part in ("autodidact_up{daemon=\"encoder\"} 1", "autodidact_ood_scored_rows_total ",
                 "autodidact_unit_failures_total{daemon=\"ood\",result=\"watchdog\"} "):
        expect(part in text, f"no {part}")
    expect("daemon=\"ood\",result=\"watchdog\"} 0" not in text, "the watchdog's restart is not counted")
    expect([file.name for file in TEXTFILES.iterdir()] == ["autodidact.prom"], "temporary files are left")
    return f"{len(text.splitlines())} lines, the watchdog's restart among them"


def promtool_accepts_the_metrics():
    if not pathlib.Path(PROMTOOL).exists():
        return "skipped: no promtool (Debian's package prometheus)"
    said = []
    for what, text in (("health", metrics()), ("the timer's file", (TEXTFILES / "autodidact.prom").read_text())):
        code, output = promtool("check", "metrics", text=text)
        expect(code == 0 and not output, f"{what}: exit status {code}: {output[:400]}")
        said.append(f"{sum(line.startswith('# TYPE') for line in text.splitlines())} metrics of {what}")
    return f"check metrics finds nothing in {' and '.join(said)}"


def rows():
    values = dict(line.rsplit(" ", 1) for line in metrics().splitlines() if line.startswith("autodidact_ood_"))
    return [int(float(values[f"autodidact_ood_{kind}_rows_total"])) for kind in ("scored", "foreign")]


def classified(name):
    """Classifies a file with the self-trained model; returns how many rows were scored, and how many of them are foreign."""
    before = rows()
    as_alice("autodidact", "classify", "--model", "calm", "--input", f"{name}.jsonl", "--output", f"{name}-out.jsonl")
    return [later - earlier for earlier, later in zip(before, rows())]


def foreign_texts_fire_the_alert():
    if not pathlib.Path(PROMTOOL).exists():
        return "skipped: no promtool (Debian's package prometheus)"
    corpus.write_drift(HOME)
    usual, drifted = classified("usual"), classified("drifted")
    share = drifted[1] / drifted[0]
    # A day of what the first file did to the counters each ten minutes, then of the second; beside it a host without change.
    series, tests = "", ""
    for host, after in (("drifting", drifted), ("steady", usual)):
        for kind, first, then in zip(("scored", "foreign"), usual, after):
            series += (f"      - {{ series: 'autodidact_ood_{kind}_rows_total{{instance=\"{host}\"}}', "
                       f"values: '0+{first}x144 {first * 144 + then}+{then}x16' }}\n")
    for hour, alerts in ((23, "[]"), (26, f"""
          - exp_labels: {{ severity: warning, instance: drifting }}
            exp_annotations:
              summary: "{share * 100:.4g}% of the rows on drifting look foreign, more than twice the usual share"
              runbook: "runbook.md#autodidactforeigntexts\"""")):
        tests += f"      - eval_time: {hour}h\n        alertname: AutodidactForeignTexts\n        exp_alerts: {alerts}\n"
    file = pathlib.Path("/tmp/drift-test.yml")
    file.write_text(f"rule_files: [{RULES}]\nevaluation_interval: 1m\ntests:\n  - interval: 10m\n    input_series:\n{series}"
                    f"    alert_rule_test:\n{tests}")
    code, output = promtool("test", "rules", str(file))
    expect(code == 0, f"promtool: {output[-600:]}")
    return (f"counters of the ood daemon: {usual[1]} of {usual[0]} usual rows and {drifted[1]} of {drifted[0]} drifted ones "
            f"foreign; with these AutodidactForeignTexts fires at {share * 100:.4g} %, and not without the drift")


CLAIMS = [
    ("logs in the journal have fields", the_journal_has_fields),
    ("health speaks text, JSON, Nagios and Prometheus", health_speaks_four_formats),
    ("health --watch prints each change", health_watches),
    ("the timer writes metrics for node_exporter", the_timer_writes_metrics),
    ("promtool accepts the metrics of all daemons", promtool_accepts_the_metrics),
    ("foreign texts fire their alert", foreign_texts_fire_the_alert),
]
