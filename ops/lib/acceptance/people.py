"""Claims about the users of the suite: those of the group, and others."""

import pathlib
import subprocess
import time

import corpus
from host import HOME, MODELS, RUN, RUNUSER, as_alice, daemons, expect, numbers, resident_bytes, run

TRAINED = ["metrics.json", "pseudo_labels.jsonl", "head.safetensors", "quarantine.jsonl"]
SAMPLED = ["metrics.json", "judged.jsonl", "prompt_completion.jsonl", "preferences.jsonl"]


def start(*words):
    """Starts a command of the user of the group."""
    return subprocess.Popen([RUNUSER, "-u", "alice", "--", *words], cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env={"PATH": "/usr/bin:/bin", "HOME": str(HOME)}, start_new_session=True)


def selftrain(output):
    return start("autodidact", "selftrain", "--labelled", "labelled.jsonl", "--unlabelled", "unlabelled.jsonl", "--test",
                 "test.jsonl", "--output", output, "--quiet")


def rejection_sample(output):
    return start("autodidact", "rejection-sample", "--questions", "questions.jsonl", "--n", "4", "--max-tokens", "16",
                 "--seed", "1", "--alpha", "0.4", "--output", output, "--quiet")


def result(process, timeout=600):
    """The exit status of a started command, and what it wrote."""
    output, errors = process.communicate(timeout=timeout)
    return process.returncode, output, errors


def same_bytes(one, other, names):
    for name in names:
        expect((HOME / one / name).read_bytes() == (HOME / other / name).read_bytes(), f"{name} differs")


def the_operator_installs_models():
    for name, source in (("minilm", "/opt/models/minilm"), ("smollm2", "/opt/models/smollm2/model.gguf")):
        expect(pathlib.Path(source).exists(), f"there is no {source}")
        run("autodidact", "model", "import", source, "--name", name)
        expect((MODELS / name).is_dir(), f"the daemons do not see {name} in {MODELS}")
    run("autodidact", "model", "verify")
    _, output, _ = run("autodidact", "model", "list")
    for path in (MODELS, *MODELS.rglob("*")):
        status = path.stat()
        expect(status.st_uid == 0 and status.st_mode & 0o022 == 0 and status.st_mode & 0o004, f"{path}: mode {status.st_mode:o}")
    return f"imported and verified: {', '.join(line.split()[0] for line in output.splitlines())}"


def a_user_of_the_group_works():
    corpus.write(HOME)
    begin = time.monotonic()
    code, _, errors = result(selftrain("calm"))
    expect(code == 0, f"selftrain: {errors[-400:]}")
    numbers["selftrain_s"] = time.monotonic() - begin
    as_alice("autodidact", "classify", "--model", "calm", "--input", "test.jsonl", "--output", "classified.jsonl")
    _, text, _ = as_alice("autodidact", "generate", "--prompt", "The capital of France is", "--max-tokens", "8")
    expect(text.strip(), "generate wrote nothing")
    begin = time.monotonic()
    code, _, errors = result(rejection_sample("answers"))
    expect(code == 0, f"rejection-sample: {errors[-400:]}")
    numbers["rejection_sample_s"] = time.monotonic() - begin
    judged = (HOME / "answers/judged.jsonl").read_text().count("\n")
    expect(judged, "no answer was judged")
    for name in daemons():
        numbers.setdefault(name, {})["loaded_mb"] = resident_bytes(name) / 1e6
    return (f"selftrain ({numbers['selftrain_s']:.0f} s), classify, generate, rejection-sample ({judged} answers judged in "
            f"{numbers['rejection_sample_s']:.0f} s)")


def outsiders_are_refused():
    code, output, errors = run("autodidact", "health", "encoder", user="bob", check=False)
    expect(code == 1 and "forbidden" in output, f"exit status {code}: {output}{errors}")
    code, output, _ = run("autodidact", "health", "encoder", "--format", "nagios", user="bob", check=False)
    expect(code == 3, f"Nagios exit code {code}")
    for name in daemons():
        probe = f"import socket; socket.socket(socket.AF_UNIX).connect('{RUN}/{name}.sock')"
        code, _, errors = run("python3", "-c", probe, user="bob", check=False)
        expect(code != 0 and "PermissionError" in errors, f"connect to {name}: {errors}")
    return f"connect to each of {len(daemons())} sockets: permission denied; health says forbidden"


CLAIMS = [
    ("the operator imports models that everybody can read and nobody else change", the_operator_installs_models),
    ("an ordinary user of the group works against the sandboxed services", a_user_of_the_group_works),
    ("a user outside the group gets permission denied", outsiders_are_refused),
]
