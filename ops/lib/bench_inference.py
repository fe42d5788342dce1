"""Compares our language model with llama.cpp: the measuring half of ops/bench-inference.

Usage: bench_inference.py BINARY MODEL.gguf ROUNDS THREADS

Every round times each cell of both programs, one after the other, so that whatever else the machine does falls on both alike; the
table shows the median of the rounds, and ratios are medians of the rounds' ratios.
"""

import ctypes
import os
import statistics
import subprocess
import sys
import time

import llama_cpp
import numpy as np

POSITIONS = 4096
# name, our command, whether it is given in tokens a second, tokens of one run
CELLS = [
    ("decode, context 0", "decode 0 48", 1),
    ("decode, context 1024", "decode 1024 32", 1),
    ("prompt of 128", "prompt 128", 128),
    ("1 token at once, context 256", "verify 256 1", 1),
    ("2 tokens at once", "verify 256 2", 2),
    ("4 tokens at once", "verify 256 4", 4),
    ("8 tokens at once", "verify 256 8", 8),
    ("16 tokens at once", "verify 256 16", 16),
    ("1 sequence, context 64", "batch 1 64 32", 1),
    ("8 sequences", "batch 8 64 16", 8),
]


class Ours:
    def __init__(self, binary):
        self.process = subprocess.Popen(
            [binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()


class LlamaCpp:
    """The C interface, so that Python's share of a call is some microseconds."""

    def __init__(self, path, threads):
        self.silence = llama_cpp.llama_log_callback(lambda *_: None)
        llama_cpp.llama_log_set(self.silence, ctypes.c_void_p())
        start = time.perf_counter()
        self.model = llama_cpp.llama_model_load_from_file(
            path.encode(), llama_cpp.llama_model_default_params())
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_seq_max = POSITIONS, 2048, 8
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.kv_unified = True
        self.context = llama_cpp.llama_init_from_model(self.model, parameters)
        self.load_seconds = time.perf_counter() - start
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.batch = llama_cpp.llama_batch_init(2048, 0, 1)
        self.width = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))

    def run(self, rows):
        """Rows of (token, position, sequence, whether logits are wanted)."""
        self.batch.n_tokens = len(rows)
        for index, (token, position, sequence, wanted) in enumerate(rows):
            self.batch.token[index], self.batch.pos[index] = token, position
            self.batch.n_seq_id[index], self.batch.seq_id[index][0] = 1, sequence
            self.batch.logits[index] = wanted
        start = time.perf_counter()
        if llama_cpp.llama_decode(self.context, self.batch):
            raise SystemExit("bench-inference: llama_decode failed")
        llama_cpp.llama_synchronize(self.context)
        return time.perf_counter() - start

    def ask(self, command):
        kind, *numbers = command.split()
        numbers = [int(number) for number in numbers]
        llama_cpp.llama_memory_clear(self.memory, True)
        if kind == "prompt":
            return self.run([(t, i, 0, i == numbers[0] - 1) for i, t in enumerate(text(numbers[0], 0))])
        sequences = numbers[0] if kind == "batch" else 1
        context, count = numbers[-2:]
        for sequence in range(sequences):
            if context:
                self.run([(t, i, sequence, False) for i, t in enumerate(text(context, sequence))])
        if kind == "verify":
            return self.run([(t, context + i, 0, True) for i, t in enumerate(text(count, 1))])
        tokens, seconds = [100 + index for index in range(sequences)], 0
        for step in range(count):
            seconds += self.run([(t, context + step, s, True) for s, t in enumerate(tokens)])
            for sequence in range(sequences):
                logits = llama_cpp.llama_get_logits_ith(self.context, sequence)
                start = time.perf_counter()
                tokens[sequence] = int(np.ctypeslib.as_array(logits, (self.width,)).argmax())
                seconds += time.perf_counter() - start
        return seconds / count


def text(count, seed):
    return [1000 + (i * 7919 + seed * 104729) % 40000 for i in range(count)]


def main():
    binary, path, rounds, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    ours, peer = Ours(binary), LlamaCpp(path, threads)
    kernels = os.environ.get("AUTODIDACT_KERNEL_PATH", "")
    loads, versions = [], set()
    program = float(ours.ask("memory")[0])
    for _ in range(3):
        seconds, version = ours.ask(f"load {path} {threads} {POSITIONS} {kernels}")
        loads.append(float(seconds))
        versions.add(version)
    resident, largest, file_bytes, _ = (float(word) for word in ours.ask("memory"))
    times = {name: ([], []) for name, _, _ in CELLS}
    for index in range(rounds + 1):
        for name, command, _ in CELLS:
            mine, theirs = float(ours.ask(command)[0]), peer.ask(command)
            if index:  # the first round warms both up
                times[name][0].append(mine)
                times[name][1].append(theirs)
    print(f"kernels {' '.join(sorted(versions))}, {threads} threads, {rounds} rounds, load average "
          f"{os.getloadavg()[0]:.1f}; llama-cpp-python {llama_cpp.__version__}")
    print("| | ours | llama.cpp | ours ÷ llama.cpp, speed |")
    print("|---|---|---|---|")
    for name, _, tokens in CELLS:
        mine, theirs = (statistics.median(values) for values in times[name])
        ratio = statistics.median(b / a for a, b in zip(*times[name]))
        print(f"| {name} | {1e3 * mine:.2f} ms, {tokens / mine:.0f} tok/s "
              f"| {1e3 * theirs:.2f} ms, {tokens / theirs:.0f} tok/s | {ratio:.2f} |")

    def own(numerator, denominator, side):
        return statistics.median(
            a / b for a, b in zip(times[numerator][side], times[denominator][side]))

    four = [own("4 tokens at once", "1 token at once, context 256", side) for side in (0, 1)]
    eight = [8 / own("8 sequences", "1 sequence, context 64", side) for side in (0, 1)]
    print(f"| 4 tokens at once ÷ 1, time | {four[0]:.2f} | {four[1]:.2f} | |")
    print(f"| 8 sequences ÷ 1, tokens a second | {eight[0]:.2f} | {eight[1]:.2f} | |")
    print(f"| load | {statistics.median(loads):.3f} s | {peer.load_seconds:.3f} s | |")
    print(f"| resident after loading ÷ file | {(resident - program) / file_bytes:.2f}, with the program and its "
          f"libraries {resident / file_bytes:.2f} (at most {largest / file_bytes:.2f}) | | |")


if __name__ == "__main__":
    main()
