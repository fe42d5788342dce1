"""Alternates runs of our encoder and of onnxruntime, and prints tokens a second and ratios.

Usage: bench_encoder.py BINARY MODEL TEXTS.jsonl SCRATCH ROUNDS
"""

import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
import onnx
import onnxruntime
import tokenizers
from onnx import TensorProto, helper, numpy_helper

THREADS = 2
TEXTS = 384
TOKENS_MAX = 256
HEADS = 12
BATCHES = (4, 8, 16, 32, 64)

binary, model_folder, texts_path, scratch, rounds = sys.argv[1:6]
scratch, model_folder, rounds = pathlib.Path(scratch), pathlib.Path(model_folder), int(rounds)


class Ours:
    """Our benchmark process, one command and one answer at a time."""

    def __init__(self):
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer == "unknown command":
            raise RuntimeError(f"{command}: {answer}")
        return answer

    def run(self, threads=THREADS, batch=512):
        return float(self.ask(f"run {threads} {batch}").split()[0])


def safetensors(path):
    """The float32 tensors of a safetensors file."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    return {
        name: np.frombuffer(data[8 + length:], np.float32, (entry["data_offsets"][1] - entry["data_offsets"][0]) // 4,
                            entry["data_offsets"][0]).reshape(entry["shape"])
        for name, entry in header.items() if entry.get("dtype") == "F32"
    }


def fused_graph(weights):
    """The graph of onnxruntime's own optimiser for BERT: embedding, attention, skip-normalisation and GELU as one node each."""
    initializers, nodes = [], []

    def constant(name, array):
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(kind, inputs, outputs, **attributes):
        nodes.append(helper.make_node(kind, inputs, outputs, domain="com.microsoft", **attributes))

    def norm(name):
        return [constant(name + ".weight", weights[name + ".weight"]), constant(name + ".bias", weights[name + ".bias"])]

    embeddings = [constant(f"{kind}_embeddings", weights[f"embeddings.{kind}_embeddings.weight"])
                  for kind in ("word", "position", "token_type")]
    node("EmbedLayerNormalization", ["ids", "types", *embeddings, *norm("embeddings.LayerNorm"), "mask"],
         ["states0", "lengths"], epsilon=1e-12)
    states = "states0"
    for index in itertools.count():
        name = f"encoder.layer.{index}."
        if name + "output.dense.weight" not in weights:
            break
        parts = [name + "attention.self." + part for part in ("query", "key", "value")]
        joined = constant(name + "qkv", np.concatenate([weights[part + ".weight"].T for part in parts], axis=1))
        bias = constant(name + "qkv_bias", np.concatenate([weights[part + ".bias"] for part in parts]))
        node("Attention", [states, joined, bias, "lengths"], [name + "context"], num_heads=HEADS)

        def dense(source, part, target):
            matrix = constant(name + part, weights[name + part + ".weight"].T)
            nodes.append(helper.make_node("MatMul", [source, matrix], [target]))

        dense(name + "context", "attention.output.dense", name + "projected")
        node("SkipLayerNormalization",
             [name + "projected", states, *norm(name + "attention.output.LayerNorm"),
              constant(name + "projected_bias", weights[name + "attention.output.dense.bias"])],
             [name + "attended"], epsilon=1e-12)
        dense(name + "attended", "intermediate.dense", name + "inner")
        node("BiasGelu", [name + "inner", constant(name + "inner_bias", weights[name + "intermediate.dense.bias"])],
             [name + "active"])
        dense(name + "active", "output.dense", name + "outer")
        node("SkipLayerNormalization",
             [name + "outer", name + "attended", *norm(name + "output.LayerNorm"),
              constant(name + "outer_bias", weights[name + "output.dense.bias"])],
             [name + "states"], epsilon=1e-12)
        states = name + "states"
    shape = ["batch", "length"]
    graph = helper.make_graph(
        nodes, "bert", [helper.make_tensor_value_info(name, TensorProto.INT32, shape) for name in ("ids", "types", "mask")],
        [helper.make_tensor_value_info(states, TensorProto.FLOAT, [*shape, 384])], initializers)
    model = helper.make_model(
        graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    path = scratch / "bert.onnx"
    onnx.save(model, path)
    return path


class Peer:
    """onnxruntime with Hugging Face's tokenizer, padding each batch to its longest text."""

    def __init__(self, threads=THREADS):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            fused_graph(safetensors(model_folder / "model.safetensors")), options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizers.Tokenizer.from_file(str(model_folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(TOKENS_MAX)

    def run(self, texts, batch, is_sorted):
        """The seconds and vectors of one run over all texts."""
        start = time.perf_counter()
        sequences = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: -len(sequences[i])) if is_sorted else list(range(len(texts)))
        vectors = np.zeros((len(texts), 384), np.float32)
        for first in range(0, len(order), batch):
            chosen = order[first:first + batch]
            length = max(len(sequences[i]) for i in chosen)
            ids = np.zeros((len(chosen), length), np.int32)
            mask = np.zeros_like(ids)
            for row, i in enumerate(chosen):
                ids[row, :len(sequences[i])] = sequences[i]
                mask[row, :len(sequences[i])] = 1
            states = self.session.run(None, {"ids": ids, "types": np.zeros_like(ids), "mask": mask})[0]
            mean = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            vectors[chosen] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return time.perf_counter() - start, vectors


def main():
    with open(texts_path, encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in itertools.islice(lines, TEXTS)]
    ours = Ours()
    kernels = ours.ask(f"load {model_folder}").split()[1]
    ours.ask(f"texts {texts_path} {TEXTS}")
    tokens = int(ours.ask("tokenize").split()[1])
    seconds = min(float(ours.ask("tokenize").split()[0]) for _ in range(5))
    peer = Peer()
    ours.run()
    best = {}
    for is_sorted in (True, False):
        times = {batch: min(peer.run(texts, batch, is_sorted)[0] for _ in range(2)) for batch in BATCHES}
        best[is_sorted] = min(times, key=times.get)
    peers = [
        (f"onnxruntime fp32, sorted by length, batch {best[True]} (its best)", best[True], True, []),
        ("onnxruntime fp32, padded in arrival order, batch 32", 32, False, []),
        (f"onnxruntime fp32, padded in arrival order, batch {best[False]} (its best)", best[False], False, []),
    ]
    mine = []
    for _ in range(rounds):
        mine.append(ours.run())
        for _, batch, is_sorted, times in peers:
            seconds_peer, vectors = peer.run(texts, batch, is_sorted)
            times.append(seconds_peer)
    ours.ask(f"save {scratch / 'ours.npy'}")
    difference = np.abs(np.load(scratch / "ours.npy") - vectors).max()
    print(f"{len(texts)} texts, {tokens} tokens, {THREADS} threads, {kernels} kernels, {rounds} alternating rounds; "
          f"tokenising included; vectors within {difference:.0e}")
    print("| engine | tokens/s: median | best | ours is faster by (median of rounds) |")
    print("|---|---|---|---|")
    print(f"| ours, packed, arrival order | {tokens / statistics.median(mine):.0f} | {tokens / min(mine):.0f} | |")
    for name, _, _, times in peers:
        ratio = statistics.median(peer / own for own, peer in zip(mine, times))
        print(f"| {name} | {tokens / statistics.median(times):.0f} | {tokens / min(times):.0f} | {ratio:.2f} |")
    print(f"Tokenising alone, 1 thread: {tokens / seconds:.0f} tokens/s.")


main()
