"""Lets the Nth write, sync or rename of a process fail, for every N until none is left to fail."""

import errno
import mmap
import shutil
import struct
import subprocess

from suite import Command, Failed, damage, leftovers

KINDS = {"write": errno.ENOSPC, "sync": errno.EIO, "rename": errno.EIO}


def build(source, folder):
    """The library that is loaded into a process to make its calls fail."""
    library = folder / "failing_calls.so"
    compiler = next((name for name in ("cc", "clang", "gcc") if shutil.which(name)), None)
    if compiler is None:
        raise Failed("no C compiler is here: cc, clang or gcc")
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"],
                   check=True)
    return library


class Counts:
    """What the library counts, in a file that both map: the calls of each kind so far, and whether one failed."""

    layout = struct.Struct("<4Q")

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(self.layout.size))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), self.layout.size)

    def clear(self):
        self.memory[:] = bytes(self.layout.size)

    @property
    def calls(self):
        return dict(zip(KINDS, self.layout.unpack(self.memory[:])))

    @property
    def has_failed(self):
        return self.layout.unpack(self.memory[:])[-1] != 0


def numbers(total, count_max):
    """All from 1 to `total`; where these are too many, the first half of what is allowed and an even choice of the rest."""
    if total <= count_max:
        return list(range(1, total + 1))
    first, rest = count_max // 2, count_max - count_max // 2
    return [*range(1, first + 1), *(first + (total - first) * index // rest for index in range(1, rest + 1))]


class Failures:
    """The runs of one job in which a call fails, and what was found in them."""

    def __init__(self, suite, job, library, scratch):
        self.suite, self.job, self.library, self.scratch = suite, job, library, scratch
        self.counts = Counts(scratch / "counts")
        self.wrong = []
        # By process and kind: the calls of an undisturbed run, and how many failed, each in a run of its own.
        self.failed = {}

    def calm(self):
        """Runs the job undisturbed, with fresh state, and keeps what the others must come to."""
        self.suite.forget(self.job.keepers)
        self.job.clear()
        self.suite.start_all(self.job.daemons)
        self.case = f"{self.job.name}, undisturbed"
        if not self.succeeds():
            raise Failed(self.wrong[-1])
        self.files = self.job.files()
        # Where a daemon's calls fail, the command finds in its cache what others have answered.
        self.cache = self.scratch / "cache"
        shutil.rmtree(self.cache, ignore_errors=True)
        if (self.job.result / "cache").is_dir():
            shutil.copytree(self.job.result / "cache", self.cache)

    def fail(self, victim, count_max):
        """Lets calls of each kind in one process fail, one a run."""
        self.suite.start_all(self.job.daemons)
        self.one(victim, "write", 0)
        for kind, total in self.counts.calls.items():
            for number in numbers(total, count_max):
                self.one(victim, kind, number)
                if not self.counts.has_failed:
                    break
                self.failed[victim, kind] = total, self.failed.get((victim, kind), (0, 0))[1] + 1

    def one(self, victim, kind, number):
        """A run in which the call with that number fails, and one in which none does; their result must be the usual one."""
        self.counts.clear()
        folder = self.job.written if victim == "command" else self.suite.state(victim)
        environment = {
            "LD_PRELOAD": str(self.library), "FAILING_FOLDER": str(folder), "FAILING_KIND": kind, "FAILING_CALL": str(number),
            "FAILING_ERRNO": str(KINDS[kind]), "FAILING_COUNTS": str(self.counts.path),
        }
        self.case = f"{self.job.name}, {kind} {number} of {victim} fails"
        self.suite.tell(self.case)
        self.job.clear()
        if victim == "command":
            succeeded = self.attempt(Command(self.suite, self.job.words, environment))
        else:
            succeeded = self.with_daemon(victim, environment)
        if not succeeded and not self.succeeds():
            self.suite.forget(self.job.keepers)
            self.suite.start_all(self.job.daemons)
            return
        files = self.job.files()
        different = [name for name in sorted(files.keys() | self.files.keys()) if files.get(name) != self.files.get(name)]
        self.note([f"{name or self.job.output} differs" for name in different] + leftovers(self.job.result)
                  + self.suite.strangers())
        if victim != "command":
            failed_before = self.counts.has_failed
            self.note(self.suite.stop([victim]))
            state = self.suite.state(victim)
            # Where the call failed that would have cleared it away, a journal may stay.
            self.note(leftovers(state, stopped=failed_before or not self.counts.has_failed) + damage(state))

    def with_daemon(self, victim, environment):
        """Starts a daemon whose call will fail, with fresh state, and runs the job; the daemon must live on.

        Says whether the job succeeded.
        """
        self.note(self.suite.forget([victim]))
        if self.cache.is_dir():
            shutil.copytree(self.cache, self.job.result / "cache", dirs_exist_ok=True)
        logged = self.suite.log.stat().st_size
        if self.suite.start([victim], environment):
            code = self.suite.running[victim].returncode
            if code <= 0 or self.suite.log.stat().st_size == logged:
                self.note([f"the daemon ended with {code} at its start"])
            self.suite.start_all([victim])
            return False
        succeeded = self.attempt(Command(self.suite, self.job.words))
        if not self.suite.is_running(victim):
            self.note([f"the daemon ended with {self.suite.running[victim].returncode}"])
            self.suite.start_all([victim])
        return succeeded

    def attempt(self, command):
        """Whether the command succeeds; else it must end with 1 and a message."""
        code = command.finished()
        if code != 0 and (code != 1 or not command.error()):
            self.note([f"the command ended with {code}: {command.text()[-200:]!r}"])
        return code == 0

    def succeeds(self):
        command = Command(self.suite, self.job.words)
        if command.finished() == 0:
            return True
        self.note([f"the next run ends with {command.process.returncode}: {command.text()[-300:].strip()!r}"])
        return False

    def note(self, found):
        self.wrong += [f"{self.case}: {what}" for what in found]
