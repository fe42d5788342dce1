"""Alternates runs of our detectors and of their peers, and prints medians, bests and ratios.

Usage: bench_ood.py BINARY SCRATCH ROUNDS SHARED
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time

THREADS = 2
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(THREADS)

import faiss  # noqa: E402
import numpy as np  # noqa: E402

binary, scratch, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
shared = pathlib.Path(sys.argv[4]) / "reference/clinc150"
faiss.omp_set_num_threads(THREADS)


class Ours:
    """Our benchmark process, one command and one answer at a time."""

    def __init__(self):
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask(f"threads {THREADS}")

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer == "unknown command":
            raise RuntimeError(f"{command}: {answer}")
        return answer

    def run(self):
        return float(self.ask("run").split()[0])

    def result(self):
        self.ask(f"save {scratch / 'result.npy'}")
        return np.load(scratch / "result.npy").ravel()


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def unit(x):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def save(name, array):
    path = scratch / f"{name}.npy"
    np.save(path, array)
    return path


def sentences(random, count, centres):
    return unit(centres[random.integers(0, len(centres), count)] + random.normal(0, 0.04, (count, 384)))


def data_sets():
    random = np.random.default_rng(7)
    centres = unit(random.normal(0, 1, (150, 384)))
    yield "clustered", sentences(random, 15000, centres), sentences(random, 10000, centres)
    yield "normal", unit(random.normal(0, 1, (15000, 384))), unit(random.normal(0, 1, (10000, 384)))
    if shared.is_dir():
        load = lambda split: np.load(shared / f"clinc150_{split}_x.npy")
        queries = np.concatenate([load("test"), load("val"), load("oos_test"), load("test")])[:10000]
        yield "CLINC150", load("train"), queries


def row(name, ours, peers, peer_name, count, agreement):
    ratio = statistics.median(p / o for o, p in zip(ours, peers))
    print(f"| {name} | {1e3 * statistics.median(ours):8.1f} | {1e3 * min(ours):8.1f} | {count / statistics.median(ours):9.0f} "
          f"| {peer_name} | {1e3 * statistics.median(peers):8.1f} | {1e3 * min(peers):8.1f} | {ratio:5.2f} | {agreement} |",
          flush=True)


def alternate(ours, peer):
    mine, theirs = [], []
    ours.run()
    peer()
    for _ in range(rounds):
        mine.append(ours.run())
        seconds, result = timed(peer)
        theirs.append(seconds)
    return mine, theirs, result


def main():
    ours = Ours()
    print(f"{THREADS} threads, {rounds} alternating rounds; ratio = median of (peer / ours), above 1: ours is faster")
    print("| search | ours: median ms | best ms | rows/s | peer | median ms | best ms | ratio | agreement |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, bank, queries in data_sets():
        index = faiss.IndexFlatIP(bank.shape[1])
        index.add(bank)
        bank_path, query_path = save("bank", bank), save("queries", queries)
        for k in (1, 10):
            kernel = ours.ask(f"neighbours {bank_path} {query_path} {k}").split()[1]
            mine, theirs, (found, _) = alternate(ours, lambda: index.search(queries, k))
            difference = np.abs(ours.result().reshape(found.shape) - found).max()
            row(f"{name}: {len(queries)} × {len(bank)} × 384, k = {k} ({kernel})", mine, theirs,
                "faiss IndexFlatIP", len(queries), f"similarities within {difference:.0e}")
        if name == "clustered":
            ours.ask(f"neighbours {bank_path} {save('one', queries[:1])} 10")
            mine, theirs, _ = alternate(ours, lambda: index.search(queries[:1], 10))
            row("one query a call, k = 10", mine, theirs, "faiss IndexFlatIP", 1, "")
            ours.ask(f"knn {bank_path} {query_path} 1")
            mine, theirs, (found, _) = alternate(ours, lambda: index.search(unit(queries), 1))
            expected = np.sqrt(np.maximum(2 - 2 * found[:, 0], 0))
            row("the knn detector, k = 1, normalising included", mine, theirs, "NumPy + faiss", len(queries),
                f"scores within {np.abs(ours.result() - expected).max():.0e}")
            mahalanobis(ours, bank, bank_path, queries, query_path)


def mahalanobis(ours, bank, bank_path, queries, query_path):
    labels = np.arange(len(bank)) % 150
    wide = bank.astype(np.float64)
    means = np.stack([wide[labels == c].mean(axis=0) for c in range(150)])
    centred = wide - means[labels]
    values, vectors = np.linalg.eigh(centred.T @ centred / len(wide))
    kept = values > 1e-10 * values.max()
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    small, offsets = inverse.astype(np.float32), np.einsum("ci,ij,cj->c", means, inverse, means).astype(np.float32)
    short = means.astype(np.float32)

    def peer():
        product = queries @ small
        return (np.einsum("ni,ni->n", product, queries)[:, None] + offsets - 2 * (product @ short.T)).min(axis=1)

    ours.ask(f"mahalanobis {bank_path} {save('labels', labels)} {query_path}")
    mine, theirs, scores = alternate(ours, peer)
    row("Mahalanobis, 150 classes, 10000 rows", mine, theirs, "NumPy, one product", len(queries),
        f"scores within {np.abs(ours.result() / scores - 1).max():.0e} of their size")


main()
