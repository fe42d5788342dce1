"""Asks a language model short questions with known answers and measures when to believe it; see ops/measure-abstention."""

import argparse
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
ttrpc = importlib.import_module("autodidact_ttrpc")
SUMS = {"add1", "add2", "sub2", "sum3"}


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


def tasks(path, kinds):
    """(turns, question, beginning of the answer, right answers) of the questions of some kinds in a file of tasks."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = []
    for row in rows:
        if row["role"] != "item" or kinds and row["task"] not in kinds:
            continue
        is_sum = row["task"] in SUMS
        turns = []
        for shot in rows:
            if shot["task"] == row["task"] and shot["role"] == "shot":
                answer = shot["answers"][0]
                turns.append((shot["question"], f"{shot['question']} = {answer}" if is_sum else answer))
        found.append((turns, row["question"], f"{row['question']} =" if is_sum else "", row["answers"]))
    return found


def fresh_questions(seed, count):
    """The same of `count` questions of each kind that ops/language-questions makes of a seed."""
    made = subprocess.run(
        [REPOSITORY / "ops/language-questions", "-", "--seed", str(seed), "--count", str(count)],
        check=True, capture_output=True, text=True)
    found = []
    for line in made.stdout.splitlines():
        row = json.loads(line)
        said = [message["content"] for message in row["messages"]]
        turns = list(zip(said[:-1:2], said[1:-1:2]))
        found.append((turns, said[-1], row.get("answer_prefix", ""), [row["answer"]]))
    return found


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
                    turns, question, prefix, _ = self.items[sent]
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
                    item.label = float(is_right(text, self.items[index][3]))
                call.send(request)
            call.close_send()
            return call.response()


def show(title, report):
    figures = [report.aurc, report.auroc]
    texts = [f"{f.value:.3f} [{f.lower:.3f}, {f.upper:.3f}]" for f in figures]
    length = f"{report.length_aurc.value:.3f}"
    print(
        f"{title:<42} {texts[0]:>22} {texts[1]:>22} {length:>7} {report.base_risk:>7.3f} {report.aurc_oracle:>7.3f}"
        f" {report.scored_count:>5}", flush=True)


def measure(measurement, judges, items, seed, sample_count):
    """Prints the figures of the greedy answers and of drawn ones."""
    measurement.items = items
    sequence, votes = judges
    nothing = [[] for _ in items]
    greedy = [samples[0] for samples in measurement.answers(1, 0, 0)]
    samples = measurement.answers(sample_count, 0.8, seed)
    first = [answers[0] for answers in samples]
    rest = [answers[1:] for answers in samples]
    show(f"seed {seed} · greedy · sequence probability", measurement.report(sequence, greedy, nothing))
    show(f"seed {seed} · greedy · vote share", measurement.report(votes, greedy, samples))
    show(f"seed {seed} · sampled · sequence probability", measurement.report(sequence, first, nothing))
    show(f"seed {seed} · sampled · vote share", measurement.report(votes, first, rest))


def main():
    parser = argparse.ArgumentParser(prog="ops/measure-abstention")
    parser.add_argument("--tasks", help="a file of tasks instead of fresh questions")
    parser.add_argument("--kinds", nargs="+", help="of the file's tasks only these")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--count", type=int, default=75, help="fresh questions of each kind and seed")
    parser.add_argument("--samples", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measurement = Measurement(generated(folder))
        method = measurement.judge.JudgeMethod
        judges = (
            measurement.fit("abstention-sequence", method(sequence_log_probability={})),
            measurement.fit("abstention-votes", method(consensus={})))
        print(f"{'':<42} {'AURC':>22} {'AUROC':>22} {'length':>7} {'risk':>7} {'best':>7} {'n':>5}")
        for seed in options.seeds:
            items = tasks(options.tasks, options.kinds) if options.tasks else fresh_questions(seed, options.count)
            measure(measurement, judges, items, seed, options.samples)


if __name__ == "__main__":
    main()
