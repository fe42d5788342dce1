"""Kills processes and fails their calls, and checks that nothing acknowledged is lost. See ops/torture."""

import argparse
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

LIBRARY = pathlib.Path(__file__).resolve().parent
sys.path.append(str(LIBRARY.parent / "acceptance"))
import corpus  # noqa: E402
from failures import Failures, build  # noqa: E402
from jobs import BulkEncoding, RejectionSampling, SelfTraining, write_questions  # noqa: E402
from kills import Disturbance  # noqa: E402
from suite import Failed, Suite  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="ops/torture")
    parser.add_argument("count", type=int)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--part", choices=["kills", "failures"])
    parser.add_argument("--job", choices=["selftrain", "encode", "rejection-sample"])
    return parser.parse_args()


# The kills of the command before it is the daemons' turn.
TURN = 10


class Interrupted(BaseException):
    """SIGINT or SIGTERM: what was done so far is printed."""


def interrupt(number, frame):
    raise Interrupted


def kill(suite, job, count, chance, scratch):
    """Kills the command `count` times and its daemons as often; returns what went wrong."""
    disturbance = Disturbance(suite, job, chance, scratch)
    begin = time.monotonic()
    try:
        disturbance.calm()
        for done in range(0, count, TURN):
            for victims in (["command"], job.daemons):
                disturbance.kill(victims, min(TURN, count - done))
        disturbance.end()
    except Failed as failure:
        disturbance.wrong.append(str(failure))
        suite.end()
    finally:
        for what in sorted(set(disturbance.wrong)):
            print(f"FAILED  {what}", flush=True)
        killed = ", ".join(f"{victim} {number}" for victim, number in disturbance.killed.items())
        print(f"{'FAILED' if disturbance.wrong else 'ok    '}  {job.name}: kills while it ran: {killed}; in "
              f"{disturbance.run_count} runs of {disturbance.seconds:.1f} s undisturbed; {disturbance.acknowledged_count:,} "
              f"rows of which the command had been told; {time.monotonic() - begin:.0f} s", flush=True)
    return disturbance.wrong


def fail(suite, job, library, count, scratch):
    """Lets up to `count` calls of each kind in each process of a job fail; returns what went wrong."""
    failures = Failures(suite, job, library, scratch)
    begin = time.monotonic()
    try:
        failures.calm()
        for victim in ["command", *job.daemons]:
            failures.fail(victim, count)
    except Failed as failure:
        failures.wrong.append(str(failure))
        suite.end()
    finally:
        for what in failures.wrong:
            print(f"FAILED  {what}", flush=True)
        said = [f"{victim} {kind} {failed}" + (f" of {total}" if failed != total else "")
                for (victim, kind), (total, failed) in failures.failed.items()]
        print(f"{'FAILED' if failures.wrong else 'ok    '}  {job.name}: calls that failed: {', '.join(said)}; "
              f"{time.monotonic() - begin:.0f} s", flush=True)
    return failures.wrong


def main():
    options = arguments()
    chance = random.Random(options.seed)
    print(f"seed {options.seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="autodidact-torture-"))
    scratch = folder / "scratch"
    suite = Suite(options.binaries, options.models, folder)
    scratch.mkdir()
    corpus.write(folder, labels=6, pool=120, test=20)
    (folder / "bulk").mkdir()
    corpus.write(folder / "bulk", pool=200)
    write_questions(folder, LIBRARY.parents[1] / "language-questions", 4)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    wrong = []
    jobs = []
    for job in (kind(folder) for kind in (SelfTraining, BulkEncoding, RejectionSampling)):
        if options.job not in (None, job.words[0]):
            continue
        if (options.models / job.model).is_dir():
            jobs.append(job)
        else:
            print(f"skipped {job.name}: {job.model} is not in {options.models}; `autodidact model fetch {job.model}` gets it",
                  flush=True)
    try:
        library = build(LIBRARY / "failing_calls.c", folder)
        for job in jobs if options.part != "failures" else []:
            wrong += kill(suite, job, options.count, chance, scratch)
        for job in jobs if options.part != "kills" else []:
            wrong += fail(suite, job, library, options.count, scratch)
    except Interrupted:
        suite.end()
        shutil.rmtree(folder)
        sys.exit("ops/torture: interrupted")
    except Failed as failure:
        wrong.append(str(failure))
        print(f"FAILED  {failure}", flush=True)
    finally:
        suite.end()
    if wrong:
        print(f"{len(wrong)} failures; the folder is {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


main()
