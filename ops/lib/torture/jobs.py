"""The jobs, what of each must be the same from run to run, and what each has acknowledged when it is killed."""

import json
import re
import shutil
import subprocess
import zlib

from suite import database

QUEUES = {"counting votes": "consensus", "comparing with gold answers": "rules", "judging": "sequence-logprob"}


def journal_lines(path):
    """The whole lines of a journal, each behind its CRC-32."""
    lines = []
    for line in path.read_bytes().split(b"\n")[:-1]:
        if line[8:9] != b" " or line[:8] != b"%08x" % zlib.crc32(line[9:]):
            break
        lines.append(line)
    return lines


def stored_features(folder):
    """The rows of features of which a journal says that they are whole."""
    entries, rows = (folder / "chunks.journal").read_bytes(), (folder / "rows.f32").read_bytes()
    count = offset = 0
    for start in range(0, len(entries) - 15, 16):
        fields = [int.from_bytes(entries[start + 4 * index:start + 4 * index + 4], "little") for index in range(4)]
        part = rows[offset:offset + 4 * fields[0] * fields[1]]
        if zlib.crc32(part) != fields[3] or len(part) != 4 * fields[0] * fields[1]:
            break
        count, offset = count + fields[0], offset + len(part)
    return count


class Job:
    """A command with its files, the daemons that it calls, and those of them that keep a state."""

    output = "result"
    model = "minilm"
    # The stages whose progress is what the command was told: so many rows are there.
    told = []
    # What tells who wrote a file or how long that took.
    unstable = {".lock"}

    def __init__(self, folder):
        self.folder = folder
        self.result = folder / self.output

    @property
    def written(self):
        """The beginning of the paths that the command writes to."""
        return self.result

    def files(self):
        """The bytes of the results by name, without what differs from run to run."""
        if self.result.is_file():
            return {"": self.result.read_bytes()}
        return {str(file.relative_to(self.result)): self.content(file) for file in sorted(self.result.rglob("*"))
                if file.is_file() and file.name not in self.unstable}

    def content(self, file):
        return file.read_bytes()

    def clear(self):
        if self.result.is_dir():
            shutil.rmtree(self.result)
        else:
            self.result.unlink(missing_ok=True)

    def rows(self, suite, scratch):
        """The rows that are stored in databases and journals."""
        return set()

    def essence(self, rows):
        """The rows without times and numbers of their making: the same from run to run."""
        return set()

    def unkept(self, rows, shown, command):
        """What the command was told and said, and is not there."""
        return []


class SelfTraining(Job):
    name, daemons, keepers = "self-training", ["teacher", "encoder", "ood"], ["teacher", "ood"]
    told = ["encoding"]

    @property
    def words(self):
        return ["selftrain", "--labelled", "labelled.jsonl", "--unlabelled", "unlabelled.jsonl", "--test", "test.jsonl",
                "--output", str(self.result)]

    def rows(self, suite, scratch):
        rounds, labels = database(suite, "teacher", [
            "SELECT run, round, record, report FROM rounds", "SELECT * FROM pseudo_labels"], scratch)
        detectors = [(file.name, file.read_bytes()) for file in suite.state("ood").glob("names/*")]
        states = [(file.name, zlib.crc32(file.read_bytes())) for file in suite.state("ood").glob("states/*")]
        return ({("round", *row) for row in rounds} | {("label", *row) for row in labels}
                | {("detector", *row) for row in detectors} | {("state", *row) for row in states})

    def essence(self, rows):
        # A report holds seconds, and a detector's record the time of its making.
        return {row[:4] if row[0] == "round" else row[:2] if row[0] == "detector" else row for row in rows}

    def unkept(self, rows, shown, command):
        wrong = []
        stored = sum(stored_features(path.parent) for path in self.result.glob("cache/features-*/chunks.journal"))
        if stored < shown.get("encoding", 0):
            wrong.append(f"{stored} of {shown['encoding']} encoded texts are there")
        rounds = {row[2] for row in rows if row[0] == "round"}
        for number, count in re.findall(r"^round (\d+) · ([\d,]+) pseudo-label", command.text(), re.M):
            found = sum(row[0] == "label" and row[2] == int(number) for row in rows)
            if int(number) not in rounds or found != int(count.replace(",", "")):
                wrong.append(f"{found} of {count} pseudo-labels of round {number} are there")
        if "\nlabels alone · " in command.text() and 0 not in rounds:
            wrong.append("the round of labels alone is not there")
        return wrong


class BulkEncoding(Job):
    name, daemons, keepers = "bulk encoding", ["encoder"], []
    output = "result.npy"

    @property
    def written(self):
        # The folder, for the file has no name at first.
        return self.folder

    def clear(self):
        # An earlier result, which stays as it is until the new one is whole.
        self.result.write_bytes(b"old")

    @property
    def words(self):
        return ["encode", "--input", "bulk/unlabelled.jsonl", "--output", str(self.result)]


class RejectionSampling(Job):
    name, daemons, keepers = "rejection sampling", ["inference", "judge"], ["judge"]
    model = "smollm2"
    told = ["asking the model", *QUEUES, "selecting"]
    # The answers come in the order of their making, with their time.
    unstable = {".lock", "speed.json", "answers.journal"}

    @property
    def words(self):
        return ["rejection-sample", "--questions", "questions.jsonl", "--n", "4", "--judge", "sequence-logprob",
                "--max-tokens", "8", "--alpha", "0.8", "--output", str(self.result)]

    def content(self, file):
        if file.name != "report.html":
            return file.read_bytes()
        # The report repeats the figures of speed.json.
        figures = [r'<section><h2>What it cost.*?</section>',
                   r'<div class="card"><div class="name">tokens a second.*?</div></div>']
        return re.sub("|".join(figures), "", file.read_text(), flags=re.S).encode()

    def rows(self, suite, scratch):
        scores, decisions, certificates, judges = database(suite, "judge", [
            "SELECT scores.run, item_id, name, status, value, reason, probability, parts, scores.id, scores.created "
            "FROM scores JOIN judges ON judges.id = scores.judge",
            "SELECT * FROM decisions", "SELECT * FROM certificates", "SELECT name, version, digest FROM judges"], scratch)
        answers = [line for path in self.result.glob("cache/answers-*/answers.journal") for line in journal_lines(path)]
        return ({("score", *row) for row in scores} | {("decision", *row) for row in decisions}
                | {("certificate", *row) for row in certificates} | {("judge", *row) for row in judges}
                | {("answer", line) for line in answers})

    def essence(self, rows):
        found = {row[:9] for row in rows if row[0] == "score"} | {row for row in rows if row[0] == "judge"}
        for row in rows:
            if row[0] == "answer":
                record = json.loads(row[1][9:])
                found.add(("answer", json.dumps([record["question"], record["samples"]])))
        return found

    def unkept(self, rows, shown, command):
        wrong = []
        answers = sum(row[0] == "answer" for row in rows)
        if answers < shown.get("asking the model", 0):
            wrong.append(f"{answers} of {shown['asking the model']} answers are there")
        for stage, judge in QUEUES.items():
            found = sum(row[0] == "score" and row[3].startswith(f"rejection-sample-{judge}") and "selected" not in row[1]
                        for row in rows)
            if found < shown.get(stage, 0):
                wrong.append(f"{found} of {shown[stage]} scores of {judge} are there")
        decisions = sum(row[0] == "decision" for row in rows)
        if decisions < shown.get("selecting", 0):
            wrong.append(f"{decisions} of {shown['selecting']} decisions are there")
        if "evaluating the judge" in command.text() and not any(row[0] == "certificate" for row in rows):
            wrong.append("the certificate is not there")
        return wrong


def write_questions(folder, generator, count):
    subprocess.run([generator, folder / "questions.jsonl", "--count", str(count)], check=True, stdout=subprocess.DEVNULL)
