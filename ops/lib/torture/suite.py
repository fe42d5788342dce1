"""The daemons as processes without systemd, in a folder of their own."""

import fcntl
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import threading
import time

# After so long a process counts as hanging.
SECONDS_MAX = 600


class Failed(Exception):
    """Something was lost or left behind, does not come back, or hangs."""


class Suite:
    """The daemons, each a process that is started and ended by name."""

    def __init__(self, binaries, models, folder):
        self.binaries, self.folder = pathlib.Path(binaries), folder
        for name in ("run", "state", "home", "temporary"):
            (folder / name).mkdir(parents=True)
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(folder / "home"), "TMPDIR": str(folder / "temporary"),
            "AUTODIDACT_MODELS_DIR": str(models), "AUTODIDACT_RUNTIME_DIR": str(folder / "run"),
            "AUTODIDACT_STATE_DIR": str(folder / "state"),
        }
        self.log = folder / "daemons.log"
        self.running = {}
        self.told = time.monotonic()

    def tell(self, text):
        """Says how far the work is, at most every ten seconds."""
        if time.monotonic() - self.told >= 10:
            self.told = time.monotonic()
            print(f"        {text}", flush=True)

    def socket(self, name):
        return self.folder / "run" / f"{name}.sock"

    def state(self, name):
        return self.folder / "state" / name

    def start(self, names, environment={}):
        """Starts those that do not run and returns when all listen; the names of those that ended instead."""
        for name in names:
            if not self.is_running(name):
                with open(self.log, "a") as log:
                    self.running[name] = subprocess.Popen([self.binaries / f"autodidact-{name}"], stdout=log, stderr=log,
                                                          env={**self.environment, **environment})
        ended, deadline = [], time.monotonic() + SECONDS_MAX
        for name in names:
            while not self.listens(name):
                if not self.is_running(name):
                    ended.append(name)
                    break
                if time.monotonic() > deadline:
                    raise Failed(f"{name} does not come back, see {self.log}")
                time.sleep(0.005)
        return ended

    def start_all(self, names):
        for name in self.start(names):
            raise Failed(f"{name} ended with {self.running[name].returncode} at its start, see {self.log}")

    def is_running(self, name):
        return name in self.running and self.running[name].poll() is None

    def listens(self, name):
        """Whether the daemon takes calls: it listens only when it can answer."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket(name)))
                return True
            except OSError:
                return False

    def kill(self, name):
        self.running[name].kill()
        self.running[name].wait()

    def stop(self, names):
        """Asks daemons to end; returns what they say or leave that they should not."""
        wrong = []
        for name in names:
            if self.is_running(name):
                self.running[name].terminate()
        for name in names:
            if name not in self.running:
                continue
            process = self.running.pop(name)
            try:
                code = process.wait(SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise Failed(f"{name} does not end {SECONDS_MAX} s after SIGTERM") from None
            if code != 0:
                wrong.append(f"{name} ended with {code}")
            if self.socket(name).exists():
                wrong.append(f"{self.socket(name).name} is left")
        return wrong

    def forget(self, names):
        """Stops daemons and removes their state."""
        wrong = self.stop(names)
        for name in names:
            shutil.rmtree(self.state(name), ignore_errors=True)
        return wrong

    def end(self):
        for process in self.running.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def strangers(self):
        """What is in the runtime folder besides the sockets of the daemons that run, and in the folder for temporary files."""
        wanted = {self.socket(name).name for name in self.running if self.is_running(name)}
        found = {file.name for file in (self.folder / "run").iterdir()}
        temporary = [file.name for file in (self.folder / "temporary").iterdir()]
        return sorted(found ^ wanted) + temporary


class Command:
    """A command on a terminal of its own, so that it shows its progress at every tenth of a second."""

    def __init__(self, suite, words, environment={}):
        master, terminal = os.openpty()
        self.words = words
        self.process = subprocess.Popen([suite.binaries / "autodidact", *words], cwd=suite.folder, stderr=terminal,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        env={**suite.environment, **environment})
        os.close(terminal)
        self.shown = bytearray()
        self.reader = threading.Thread(target=self.read, args=(master,), daemon=True)
        self.reader.start()

    def read(self, master):
        while True:
            try:
                part = os.read(master, 1 << 16)
            except OSError:
                # The other end is closed: the command has ended.
                part = b""
            if not part:
                os.close(master)
                return
            self.shown += part

    def wait(self, seconds=SECONDS_MAX):
        """The exit status, or None where the command still runs."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self.reader.join()
        return code

    def kill(self):
        self.process.kill()
        self.wait()

    def finished(self):
        """Waits for the end and returns the exit status; a hang is a failure."""
        code = self.wait()
        if code is None:
            self.kill()
            raise Failed(f"{' '.join(map(str, self.words[:1]))} hangs: {self.text()[-200:]}")
        return code

    def text(self):
        return re.sub(r"\x1b\[2K|\r", "\n", bytes(self.shown).decode(errors="replace"))

    def progress(self):
        """The most that was shown to be done of each stage."""
        most = {}
        for stage, done in re.findall(r"^([a-z][a-z ]*?) (?:[━┄]+ +\d+ % )?· ([\d,]+) of [\d,]+", self.text(), re.M):
            most[stage] = max(most.get(stage, 0), int(done.replace(",", "")))
        return most

    def error(self):
        """The message of a command that failed."""
        found = re.findall(r"^Error: (.+)$", self.text().replace("\r", ""), re.M)
        return found[-1] if found else ""


def database(suite, name, queries, scratch):
    """The rows of queries on a daemon's database.

    That of a daemon that was killed is read from a copy, as another process would find it after the machine stopped.
    """
    path = suite.state(name) / f"{name}.sqlite"
    if not path.exists():
        return [[] for _ in queries]
    if not suite.is_running(name):
        for suffix in ("", "-wal"):
            copy = scratch / f"copy.sqlite{suffix}"
            copy.unlink(missing_ok=True)
            if (source := path.with_name(path.name + suffix)).exists():
                shutil.copyfile(source, copy)
        path = scratch / "copy.sqlite"
    connection = sqlite3.connect(path, timeout=30)
    try:
        tables = {table for (table,) in connection.execute("SELECT name FROM sqlite_master")}
        return [connection.execute(query).fetchall() if re.search(r"FROM (\w+)", query)[1] in tables else []
                for query in queries]
    finally:
        connection.close()


def damage(folder):
    """The databases in a folder that are damaged."""
    found = []
    for path in folder.rglob("*.sqlite"):
        connection = sqlite3.connect(path)
        said = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok" or connection.execute("PRAGMA foreign_key_check").fetchall():
            found.append(f"{path.name} is damaged: {said}")
        connection.close()
    return found


def leftovers(folder, stopped=False):
    """Temporary files, locks that somebody holds though nobody works, and journals of databases that nobody has open."""
    marks = [".partial", ".staging", ".committed"] + (["-wal", "-shm", "-journal"] if stopped else [])
    left = [f"{file.relative_to(folder)} is left" for file in folder.rglob("*")
            if any(mark in file.name for mark in marks)]
    for lock in folder.rglob(".lock"):
        with open(lock) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                left.append(f"{lock.relative_to(folder)} is held")
    return left
