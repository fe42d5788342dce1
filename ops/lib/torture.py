"""Kills daemons and clients with SIGKILL at random instants and checks that nothing acknowledged is lost.

    torture.py COUNT BINARIES MODELS [SEED]

COUNT kills for each job and each victim, on daemons without systemd in a folder of their own. After each kill the daemon is
started again and the command repeated until it succeeds; then its files must be those of an undisturbed run, byte for byte, and no
temporary file, lock or socket may be left.
"""

import fcntl
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "acceptance"))
import corpus  # noqa: E402

DAEMONS = ["encoder", "ood", "teacher"]


class Failed(Exception):
    """Something was lost, left behind, or does not come back."""


class Suite:
    """The daemons as processes, each started again as soon as it is asked for."""

    def __init__(self, binaries, models, folder):
        self.binaries, self.folder = pathlib.Path(binaries), folder
        for name in ("run", "state", "home"):
            (folder / name).mkdir(parents=True)
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(folder / "home"), "AUTODIDACT_MODELS_DIR": str(models),
            "AUTODIDACT_RUNTIME_DIR": str(folder / "run"), "AUTODIDACT_STATE_DIR": str(folder / "state"),
        }
        self.log = open(folder / "daemons.log", "w")
        self.running = {}

    def start(self, name):
        path = self.binaries / f"autodidact-{name}"
        self.running[name] = subprocess.Popen([path], env=self.environment, stdout=self.log, stderr=self.log)

    def start_all(self):
        for name in DAEMONS:
            if name not in self.running or self.running[name].poll() is not None:
                self.start(name)
        deadline = time.monotonic() + 60
        while subprocess.run([self.binaries / "autodidact", "health", *DAEMONS], env=self.environment,
                             capture_output=True).returncode != 0:
            if time.monotonic() > deadline:
                raise Failed(f"the daemons do not come back, see {self.folder}/daemons.log")
            time.sleep(0.05)

    def kill(self, name):
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()

    def command(self, words):
        return subprocess.Popen([self.binaries / "autodidact", *words], env=self.environment, cwd=self.folder,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def stop_all(self):
        for process in self.running.values():
            process.terminate()
        for name, process in self.running.items():
            if process.wait(60) != 0:
                raise Failed(f"{name} ended with {process.returncode}")


def contents(path):
    """The bytes of a file, or of the files of a folder by name."""
    if path.is_dir():
        return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
    return {"": path.read_bytes()}


def stable(files):
    """What must be equal from run to run: all but the lock, which names its last owner."""
    return {name: data for name, data in files.items() if name != ".lock"}


def jobs(folder):
    """Each job: its name, its words with OUTPUT for the place of its result, and who may be killed."""
    return [
        ("self-training", ["selftrain", "--labelled", "labelled.jsonl", "--unlabelled", "unlabelled.jsonl", "--test",
                           "test.jsonl", "--quiet", "--output", "OUTPUT"], ["command", "teacher", "encoder", "ood"]),
        ("bulk encoding", ["encode", "--input", "unlabelled.jsonl", "--quiet", "--output", "OUTPUT.npy"],
         ["command", "encoder"]),
    ]


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def finish(suite, words):
    """Repeats the command until it succeeds, as its user would."""
    for _ in range(5):
        process = suite.command(words)
        errors = process.communicate(timeout=600)[1]
        if process.returncode == 0:
            return
        suite.start_all()
    raise Failed(f"{' '.join(words)} does not succeed: {errors[-300:]}")


def leftovers(folder):
    """Temporary files, and locks that somebody still holds."""
    left = [str(file.relative_to(folder)) for file in folder.rglob("*") if ".partial" in file.name]
    for lock in folder.glob("*/.lock"):
        with open(lock) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                left.append(f"{lock.relative_to(folder)} is held")
    return left


def main():
    count, binaries, models = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else int(time.time())
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="autodidact-torture-"))
    suite = Suite(binaries, models, folder)
    corpus.write(folder)
    suite.start_all()
    failures = 0
    try:
        for job, words, victims in jobs(folder):
            def output(name):
                return [word.replace("OUTPUT", name) for word in words]

            begin = time.monotonic()
            # Under the same name as the others, for the report names it.
            finish(suite, output("result"))
            seconds = time.monotonic() - begin
            result = folder / output("result")[-1]
            calm = stable(contents(result))
            remove(result)
            hits = job_failures = 0
            for victim in victims:
                for _ in range(count):
                    process = suite.command(output("result"))
                    instant = chance.random() * seconds
                    try:
                        process.wait(instant)
                    except subprocess.TimeoutExpired:
                        hits += 1
                    if victim == "command":
                        process.kill()
                    else:
                        suite.kill(victim)
                    # The other side may go on or give up; both are right.
                    suite.start_all()
                    process.communicate(timeout=600)
                    finish(suite, output("result"))
                    found = stable(contents(result))
                    different = sorted(name for name in calm.keys() | found.keys() if calm.get(name) != found.get(name))
                    left = leftovers(folder)
                    if different or left:
                        failures += 1
                        job_failures += 1
                        print(f"FAILED  {job}, {victim} killed after {instant:.3f} s: differs in {different}, left {left}",
                              flush=True)
                    remove(result)
            word = "FAILED" if job_failures else "ok    "
            print(f"{word}  {job}: {count * len(victims)} kills of {', '.join(victims)}, {hits} of them while it ran "
                  f"({seconds:.1f} s undisturbed)", flush=True)
        suite.stop_all()
        sockets = [file.name for file in (folder / "run").iterdir()]
        if sockets:
            failures += 1
            print(f"FAILED  left in the runtime folder: {sockets}", flush=True)
    finally:
        for process in suite.running.values():
            if process.poll() is None:
                process.kill()
    if failures:
        print(f"{failures} failures; the folder is {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


main()
