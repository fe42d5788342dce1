"""Makes short questions of many kinds with answers that can be checked; see ops/measure-abstention.

A kind is a pool of (question, right answers). A seed draws from it, without replacement, four worked examples and the
questions. Both are new for each seed, so that figures of several seeds also tell how much hangs on the examples. The
word lists in ops/lib/words are the project's own.
"""

import itertools
import pathlib
import random

WORDS = pathlib.Path(__file__).resolve().parent / "words"
SHOT_COUNT = 4

# The questions of each kind in a set: those of the reference measurement, whose figures the others stand beside.
COUNTS = {
    "add1": 24, "add2": 24, "sub2": 24, "sum3": 20, "sort3": 20, "sort4": 20, "max3": 20, "cmp2": 20, "lastw4": 20,
    "revwords3": 20, "capital": 20, "past": 20, "sentiment": 20, "category": 20,
}

KINDS = [*COUNTS, "antonym", "next"]

# The arithmetic whose answer begins with the question itself and `=`.
SUMS = {"add1", "add2", "sub2", "sum3"}


def pairs(name):
    """(key, answers) of a list with two columns; several answers are parted by `/`."""
    lines = (WORDS / name).read_text(encoding="utf-8").splitlines()
    return [(key, answers.split("/")) for key, answers in (line.split("\t") for line in lines)]


def listed(name, words):
    """The questions of a list, with the words that come before its keys."""
    return [(f"{words}{key}", answers) for key, answers in pairs(name)]


def rows_of_words(count, draw):
    """Some thousands of rows of different words of five letters."""
    words = [word for word in (WORDS / "nouns.txt").read_text(encoding="utf-8").split() if len(word) == 5]
    return [draw.sample(words, count) for _ in range(4000)]


def joined(numbers, separator=", "):
    return separator.join(str(number) for number in numbers)


def pool(kind, draw):
    """What a kind asks, and what it takes for an answer."""
    digits, tens = range(10), range(10, 100)
    if kind in ("add1", "add2"):
        numbers = digits if kind == "add1" else tens
        return [(f"{a} + {b}", [str(a + b)]) for a in numbers for b in numbers]
    if kind == "sub2":
        return [(f"{a} - {b}", [str(a - b)]) for a in tens for b in tens if a >= b]
    if kind == "sum3":
        return [(joined(row, " + "), [str(sum(row))]) for row in itertools.product(digits[1:], repeat=3)]
    if kind in ("sort3", "sort4"):
        count, numbers = (3, range(1, 10)) if kind == "sort3" else (4, range(1, 20))
        rows = itertools.permutations(numbers, count)
        return [(f"Sort: {joined(row)}", [joined(sorted(row))]) for row in rows]
    if kind == "max3":
        rows = [draw.sample(tens, 3) for _ in range(4000)]
        return [(f"Largest of {joined(row)}", [str(max(row))]) for row in rows]
    if kind == "cmp2":
        return [(f"Which is larger, {a} or {b}?", [str(max(a, b))]) for a in tens for b in tens if a != b]
    if kind == "next":
        rows = [[start + step * i for i in range(5)] for start in range(1, 21) for step in range(2, 7)]
        return [(f"Next number: {joined(row[:4])}", [str(row[4])]) for row in rows]
    if kind == "lastw4":
        return [(f"Last word of: {' '.join(row)}", [row[-1]]) for row in rows_of_words(4, draw)]
    if kind == "revwords3":
        return [(f"Reverse the words: {' '.join(row)}", [" ".join(reversed(row))]) for row in rows_of_words(3, draw)]
    if kind == "past":
        # Of strong verbs only: `d` behind the verb is not the whole answer.
        return [
            (f"Past tense of {verb}", past) for verb, past in pairs("past-tense.tsv") if not past[0].endswith("ed")]
    return {
        "antonym": lambda: listed("opposites.tsv", "Opposite of "),
        "capital": lambda: listed("capitals.tsv", "Capital of "),
        "category": lambda: listed("categories.tsv", "animal, vehicle or plant: "),
        "sentiment": lambda: listed("sentiments.tsv", "Sentiment: "),
    }[kind]()


def begun(kind, question):
    """The beginning of the answer that is given to the model."""
    return f"{question} =" if kind in SUMS else ""


def turn(kind, question, answers):
    """A worked example: what is asked, and how it is answered."""
    return question, f"{begun(kind, question)} {answers[0]}".strip()


def questions(kind, count, seed):
    """`count` questions of a kind as (kind, worked examples, question, beginning of the answer, right answers)."""
    draw = random.Random(f"{seed} {kind}")
    rows = {question: answers for question, answers in pool(kind, draw)}
    if len(rows) < SHOT_COUNT + count:
        raise SystemExit(f"{kind}: {len(rows)} questions are too few for {count} and {SHOT_COUNT} examples")
    drawn = draw.sample(sorted(rows), SHOT_COUNT + count)
    turns = [turn(kind, question, rows[question]) for question in drawn[:SHOT_COUNT]]
    return [(kind, turns, question, begun(kind, question), rows[question]) for question in drawn[SHOT_COUNT:]]
