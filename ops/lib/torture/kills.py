"""Kills commands and daemons with SIGKILL at random instants of a job."""

import time

from suite import Command, Failed, damage, leftovers

# The kills of one run, before it is left alone to end.
KILLS_OF_A_RUN_MAX = 4


def sample(rows):
    return min(map(repr, rows))[:160]


class Disturbance:
    """The runs of one job that are disturbed, and what was found in them."""

    def __init__(self, suite, job, chance, scratch):
        self.suite, self.job, self.chance, self.scratch = suite, job, chance, scratch
        self.wrong, self.killed = [], {}
        self.run_count = self.acknowledged_count = self.seconds = 0

    def note(self, victim, found):
        self.wrong += [f"{self.job.name}, {victim} killed: {what}" for what in found]

    def rows(self):
        return self.job.rows(self.suite, self.scratch)

    def calm(self):
        """Runs the job undisturbed, with fresh state, and keeps what the others must come to."""
        self.renew()
        begin = time.monotonic()
        command = Command(self.suite, self.job.words)
        if command.finished() != 0:
            raise Failed(f"{self.job.name}, undisturbed: {command.text()[-400:]}")
        self.seconds = time.monotonic() - begin
        self.files = self.job.files()
        self.stored = self.job.essence(self.rows())
        self.note("nothing", self.differences())

    def renew(self):
        """Fresh state for the daemons that have one, and no results."""
        self.note("nothing", self.suite.forget(self.job.keepers))
        self.job.clear()
        self.suite.start_all(self.job.daemons)

    def differences(self):
        files = self.job.files()
        found = [f"{name or self.job.output} differs" for name in sorted(files.keys() | self.files.keys())
                 if files.get(name) != self.files.get(name)]
        return found + leftovers(self.job.result) + self.suite.strangers()

    def kill(self, victims, count):
        """Kills one of the processes at a time, `count` times while the job runs."""
        done = 0
        while done < count:
            done += self.one_run(victims, min(count - done, KILLS_OF_A_RUN_MAX))
            self.suite.tell(f"{self.job.name}: {sum(self.killed.values())} kills")

    def one_run(self, victims, kill_count):
        """One run with up to that many kills, with checks after each and at the end; returns their number."""
        self.renew()
        self.run_count += 1
        kept, done, victim = set(), 0, "nothing"
        begin, command = time.monotonic(), Command(self.suite, self.job.words)
        while done < kill_count and command.wait(self.chance.random() * self.seconds) is None:
            victim = self.chance.choice(victims)
            if victim == "command":
                command.kill()
            else:
                self.suite.kill(victim)
            done += 1
            self.killed[victim] = self.killed.get(victim, 0) + 1
            shown, rows = command.progress(), self.rows()
            self.note(victim, self.job.unkept(rows, shown, command) + self.lost(kept, rows) + self.half_done())
            self.acknowledged_count += sum(shown.get(stage, 0) for stage in self.job.told)
            kept |= rows
            self.suite.start_all(self.job.daemons)
            self.note(victim, self.suite.strangers() + self.lost(kept, self.rows()))
            if command.process.poll() is not None:
                command = Command(self.suite, self.job.words)
        self.finish(victim, command)
        if done == 0:
            # Nothing disturbed it: on a machine that is less busy now the instants must come earlier.
            self.seconds = min(self.seconds, time.monotonic() - begin)
        self.check_end(victim, kept)
        return done

    def half_done(self):
        """A single file that is neither the old one nor the new one."""
        if self.job.result.is_file() and self.job.files() not in ({"": b"old"}, self.files):
            return [f"{self.job.output} is neither old nor new"]
        return []

    @staticmethod
    def lost(kept, rows):
        gone = kept - rows
        return [f"{len(gone)} of {len(kept)} rows are gone or changed, such as {sample(gone)}"] if gone else []

    def finish(self, victim, command):
        """Repeats the command until it succeeds, as its user would."""
        for _ in range(5):
            if command.finished() == 0:
                return
            if not command.error():
                self.note(victim, [f"the command ended with {command.process.returncode} and no message: "
                                   + command.text()[-200:]])
            self.suite.start_all(self.job.daemons)
            command = Command(self.suite, self.job.words)
        raise Failed(f"{self.job.name} does not succeed after a kill of {victim}: {command.text()[-300:]}")

    def check_end(self, victim, kept):
        """Checks the results, also after each daemon with a state was killed the moment that the command had succeeded."""
        for name in self.job.keepers:
            self.suite.kill(name)
        rows = self.rows()
        self.note(victim, self.lost(kept, rows))
        if other := self.job.essence(rows) ^ self.stored:
            self.note(victim, [f"{len(other)} stored rows are not those of the undisturbed run, such as {sample(other)}"])
        self.suite.start_all(self.job.daemons)
        self.note(victim, self.differences() + self.lost(kept, self.rows()) + self.suite.stop(self.job.keepers))
        for name in self.job.keepers:
            state = self.suite.state(name)
            self.note(victim, leftovers(state, stopped=True) + damage(state))

    def end(self):
        """Stops the daemons, which must leave nothing."""
        self.note("nothing", self.suite.stop(self.job.daemons) + self.suite.strangers())
