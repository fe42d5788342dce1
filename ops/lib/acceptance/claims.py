"""Shows on a booted systemd what the suite promises, a line each. Runs as root in the container of ops/acceptance.

    claims.py PACKAGE NEWER-PACKAGE

AUTODIDACT_CLAIMS=NAME,… checks only these functions.
"""

import os
import sys
import time

import failures
import lifecycle
import memory
import operators
import people
import service
import starting
from host import numbers

# The package's end comes last, and what others build on first.
CLAIMS = [
    *lifecycle.CLAIMS[:1], *people.CLAIMS[:1], *starting.CLAIMS, *people.CLAIMS[1:], *failures.CLAIMS, *service.CLAIMS[:-1],
    *memory.CLAIMS, *operators.CLAIMS, service.CLAIMS[-1], *lifecycle.CLAIMS[1:],
]


def shown(values):
    """The figures of a daemon, those that were measured."""
    forms = {
        "start_s": "start to READY {:.2f} s", "first_call_s": "first call {:.2f} s", "idle_mb": "resident {:.0f} MB idle",
        "loaded_mb": "{:.0f} MB after a job", "restarts": "{} restarts under load", "answered": "{} calls answered meanwhile",
        "slowest_s": "slowest {:.1f} s",
    }
    return ", ".join(form.format(values[key]) for key, form in forms.items() if key in values)


def main():
    counts = {"ok    ": 0, "skip  ": 0, "FAILED": 0}
    only = os.environ.get("AUTODIDACT_CLAIMS", "")
    begin = time.monotonic()
    for title, check in CLAIMS:
        if only and check.__name__ not in only.split(","):
            continue
        try:
            detail = check()
            word = "skip  " if detail.startswith("skipped") else "ok    "
        except Exception as error:  # a claim that cannot be checked does not hold
            word, detail = "FAILED", f"{type(error).__name__}: {error}"
        counts[word] += 1
        print(f"{word}  {title}: {detail}", flush=True)
    for name, values in numbers.items():
        if isinstance(values, dict):
            print(f"number  {name}: {shown(values)}", flush=True)
    passed, skipped, failed = counts.values()
    seconds = time.monotonic() - begin
    print(f"{passed} of {sum(counts.values())} claims hold, {skipped} skipped, {failed} failed, in {seconds:.0f} s")
    sys.exit(1 if failed else 0)


main()
