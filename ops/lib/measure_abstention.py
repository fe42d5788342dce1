"""Asks a language model short questions with known answers and measures when to believe it; see ops/measure-abstention."""

import argparse
import collections
import gzip
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "clients/python"))
sys.path.insert(0, str(REPOSITORY / "ops/lib"))
ttrpc = importlib.import_module("autodidact_ttrpc")
short_tasks = importlib.import_module("short_tasks")


def generated(folder):
    """The modules that protoc makes of our files."""
    protos = REPOSITORY / "Protos"
    files = sorted(path.relative_to(protos) for path in protos.rglob("*.proto"))
    subprocess.run(["protoc", "-I", protos, f"--python_out={folder}", *files], check=True)
    sys.path.insert(0, folder)
    return {name: importlib.import_module(f"autodidact.v1.{name}_pb2") for name in ("inference", "judge")}


def socket(name):
    folders = [os.environ.get("AUTODIDACT_RUNTIME_DIR"), "/run/autodidact"]
    if os.environ.get("XDG_RUNTIME_DIR"):
        folders.append(os.environ["XDG_RUNTIME_DIR"] + "/autodidact")
    folders.append(f"/tmp/autodidact-{os.geteuid()}")
    paths = [f"{folder}/{name}.sock" for folder in folders if folder]
    return next((path for path in paths if os.path.exists(path)), paths[0])


def stored_questions(path, counts):
    """The first questions of each kind in a file of tasks."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = []
    for kind, count in counts.items():
        shots, items = ([row for row in rows if (row["task"], row["role"]) == (kind, role)] for role in ("shot", "item"))
        turns = [short_tasks.turn(kind, row["question"], row["answers"]) for row in shots]
        for row in items[:count]:
            found.append((kind, turns, row["question"], short_tasks.begun(kind, row["question"]), row["answers"]))
    return found


def own_questions(seed, count):
    """New questions of the four kinds that `ops/run language` asks, with its worked examples."""
    made = subprocess.run(
        [REPOSITORY / "ops/language-questions", "-", "--seed", str(seed), "--count", str(count)],
        check=True, capture_output=True, text=True).stdout
    found = []
    for row in map(json.loads, made.splitlines()):
        *said, question = [message["content"] for message in row["messages"]]
        answers = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
        found.append((row["task"], list(zip(said[::2], said[1::2])), question, row.get("answer_prefix", ""), answers))
    return found


def fresh_questions(seed, counts):
    """New questions of each kind."""
    return [item for kind, count in counts.items() for item in short_tasks.questions(kind, count, seed)]


def is_right(text, answers):
    def plain(answer):
        return answer.strip().lower().rstrip(".").strip()

    return plain(text) in {plain(answer) for answer in answers}


class Measurement:
    def __init__(self, messages):
        self.inference, self.judge = messages["inference"], messages["judge"]
        self.items = []
        self.model = self.stub(self.inference, "inference", "Inference")
        self.judges = self.stub(self.judge, "judge", "Judge")

    @staticmethod
    def stub(module, name, service):
        client = ttrpc.Client(socket(name), timeout=600)
        return client.stub(module.DESCRIPTOR.services_by_name[service])

    def prompt(self, turns, question, prefix):
        chat = self.inference.Chat(answer_prefix=prefix)
        user, assistant = self.inference.CHAT_ROLE_USER, self.inference.CHAT_ROLE_ASSISTANT
        for asked, answered in turns:
            chat.messages.add(role=user, content=asked)
            chat.messages.add(role=assistant, content=answered)
        chat.messages.add(role=user, content=question)
        return self.inference.Prompt(chat=chat)

    def answers(self, count, temperature, seed):
        """The samples of every question: (text, log-probabilities of the tokens)."""
        options = self.inference.GenerateRequest(sample_count=count)
        options.sampling.temperature = temperature
        options.sampling.seed = seed
        options.stop.tokens_max = 16
        options.stop.strings.append("\n")
        options.detail.log_probabilities = True
        found = [None] * len(self.items)
        with self.model.GenerateBulk() as call:
            call.send(self.inference.GenerateBulkRequest(header={"options": options}))
            sent = received = 0
            while received < len(self.items):
                while sent < len(self.items) and sent - received < 8:
                    _, turns, question, prefix, _ = self.items[sent]
                    request = self.inference.GenerateBulkRequest()
                    request.prompt.sequence = sent
                    request.prompt.prompt.CopyFrom(self.prompt(turns, question, prefix))
                    call.send(request)
                    sent += 1
                answer = next(call)
                if answer.failure.message:
                    sys.exit(f"question {answer.sequence}: {answer.failure.message}")
                found[answer.sequence] = [
                    (sample.text.strip(), list(sample.token_log_probabilities)) for sample in answer.completions
                ]
                received += 1
            call.close_send()
        return found

    def fit(self, name, method):
        with self.judges.Fit() as call:
            call.send(self.judge.FitJudgeRequest(header={"name": name, "method": method}))
            call.close_send()
            return call.response().judge.name

    def report(self, judge, chosen, others):
        """The judge's report on one answer of each question, and the other samples that vote."""
        with self.judges.Evaluate() as call:
            for start in range(0, len(self.items), 100):
                request = self.judge.EvaluateJudgeRequest(judge=judge, seed=1)
                for index in range(start, min(start + 100, len(self.items))):
                    text, values = chosen[index]
                    item = request.items.add(
                        item_id=str(index), prompt_id=str(index), response=text, token_log_probabilities=values,
                        other_samples=[sample for sample, _ in others[index]])
                    item.label = float(is_right(text, self.items[index][-1]))
                call.send(request)
            call.close_send()
            return call.response()


HEADER = f"{'':<42} {'AURC':>22} {'AUROC':>22} {'length':>7} {'risk':>7} {'best':>7} {'n':>5} {'empty':>5}"


def show(title, report):
    """Prints a report as a row and returns its AURC."""
    figures = [report.aurc, report.auroc]
    texts = [f"{f.value:.3f} [{f.lower:.3f}, {f.upper:.3f}]" for f in figures]
    length = f"{report.length_aurc.value:.3f}"
    print(
        f"{title:<42} {texts[0]:>22} {texts[1]:>22} {length:>7} {report.base_risk:>7.3f} {report.aurc_oracle:>7.3f}"
        f" {report.scored_count:>5} {report.unscored_count:>5}", flush=True)
    return report.aurc.value


def measure(measurement, judges, items, name, sample_count, seed):
    """Prints the figures of the greedy answers and of drawn ones, and returns the AURCs of the greedy ones."""
    measurement.items = items
    sequence, votes = judges
    nothing = [[] for _ in items]
    greedy = [samples[0] for samples in measurement.answers(1, 0, 0)]
    samples = measurement.answers(sample_count, 0.8, seed)
    first = [answers[0] for answers in samples]
    rest = [answers[1:] for answers in samples]
    found = (
        show(f"{name} · greedy · sequence probability", measurement.report(sequence, greedy, nothing)),
        show(f"{name} · greedy · vote share", measurement.report(votes, greedy, samples)))
    show(f"{name} · sampled · sequence probability", measurement.report(sequence, first, nothing))
    show(f"{name} · sampled · vote share", measurement.report(votes, first, rest))
    right, asked = collections.Counter(), collections.Counter()
    for (text, _), item in zip(greedy, items):
        asked[item[0]] += 1
        right[item[0]] += is_right(text, item[-1])
    print("  right: " + ", ".join(f"{kind} {right[kind]}/{count}" for kind, count in asked.items()), flush=True)
    return found


def counts(options):
    """How many questions of each kind are asked."""
    kinds = options.kinds or list(short_tasks.COUNTS)
    unknown = [kind for kind in kinds if kind not in short_tasks.KINDS]
    if unknown:
        sys.exit(f"{', '.join(unknown)}: not among {', '.join(short_tasks.KINDS)}")
    return {kind: options.count or short_tasks.COUNTS.get(kind, 20) for kind in kinds}


def main():
    parser = argparse.ArgumentParser(prog="ops/measure-abstention")
    parser.add_argument("--tasks", help="a file of tasks instead of fresh questions")
    parser.add_argument("--own", action="store_true", help="fresh questions of ops/language-questions")
    parser.add_argument("--kinds", nargs="+", help="only these kinds of questions")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--count", type=int, help="questions of each kind, instead of those of the reference set or 300")
    parser.add_argument("--samples", type=int, default=8)
    options = parser.parse_args()
    if options.own and (options.tasks or options.kinds):
        parser.error("--own has its own kinds and no file")
    with tempfile.TemporaryDirectory() as folder:
        measurement = Measurement(generated(folder))
        method = measurement.judge.JudgeMethod
        judges = (
            measurement.fit("abstention-sequence", method(sequence_log_probability={})),
            measurement.fit("abstention-votes", method(consensus={})))
        print(HEADER)
        if options.tasks:
            items = stored_questions(options.tasks, counts(options))
            measure(measurement, judges, items, "file", options.samples, options.seeds[0])
            return
        found = []
        for seed in options.seeds:
            items = own_questions(seed, options.count or 300) if options.own else fresh_questions(seed, counts(options))
            found.append(measure(measurement, judges, items, f"seed {seed}", options.samples, seed))
        means = [sum(values) / len(values) for values in zip(*found)]
        print(
            f"mean over {len(found)} seeds, greedy: AURC {means[0]:.3f} by sequence probability, {means[1]:.3f} by votes")


if __name__ == "__main__":
    main()
