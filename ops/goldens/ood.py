"""Writes the golden values of Tests/Engines/OODDetectionTests with NumPy, SciPy and scikit-learn.

Run in an environment with ops/goldens/requirements.txt:  python ops/goldens/ood.py
All arithmetic is float64 on features that are exact in float32.
"""

import json
import pathlib

import numpy as np
import scipy
import scipy.special
import sklearn
from sklearn.neighbors import NearestNeighbors

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/Engines/OODDetectionTests/Goldens"
PROVENANCE = {
    "script": "ops/goldens/ood.py",
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}
CLASSES, DIMENSIONS = 4, 6


def write(name, value):
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"provenance": PROVENANCE, **value}, indent=1) + "\n"
    (FOLDER / f"{name}.json").write_text(text)


def sample(random, count, spread):
    centres = np.array([[2, 0, 0, 1, 0, 3], [0, 2, 0, 1, 0, 3], [0, 0, 2, 1, 0, 3], [1, 1, 1, 3, 0, 3]])
    labels = random.integers(0, CLASSES, count)
    x = centres[labels] + random.normal(0, spread, (count, DIMENSIONS))
    x[:, 4] = 0.25  # a constant dimension: the covariance has rank 5
    return x.astype(np.float32), labels


def pseudo_inverse(covariance, shrinkage):
    sphere = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    values, vectors = np.linalg.eigh((1 - shrinkage) * covariance + shrinkage * sphere)
    kept = values > 1e-10 * values.max()
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T


def distances(x, means, inverse):
    differences = x[:, None, :] - means[None]
    return np.einsum("nci,ij,ncj->nc", differences, inverse, differences).min(axis=1)


def mahalanobis(train, labels, x, shrinkage):
    means = np.stack([train[labels == c].mean(axis=0) for c in range(CLASSES)])
    centred = train - means[labels]
    return distances(x, means, pseudo_inverse(centred.T @ centred / len(train), shrinkage))


def relative(train, labels, x, shrinkage):
    covariance = np.cov(train.T, bias=True)
    whole = distances(x, train.mean(axis=0)[None], pseudo_inverse(covariance, shrinkage))
    return mahalanobis(train, labels, x, shrinkage) - whole


def neighbour(train, x, k):
    def unit(values):
        return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12)

    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(unit(train))
    return search.kneighbors(unit(x))[0][:, -1]


def main():
    random = np.random.default_rng(20)
    train32, labels = sample(random, 60, 0.5)
    held32, _ = sample(random, 25, 0.5)
    query32 = np.r_[sample(random, 8, 0.5)[0], sample(random, 8, 2.0)[0]]
    train, held, query = (a.astype(np.float64) for a in (train32, held32, query32))
    weights32 = random.normal(0, 1, (CLASSES, DIMENSIONS)).astype(np.float32)
    biases32 = random.normal(0, 1, CLASSES).astype(np.float32)
    weights = weights32 - weights32.astype(np.float64).mean(axis=0)
    biases = biases32 - biases32.astype(np.float64).mean()

    def energy(x, temperature):
        logits = x @ weights.T + biases
        return -temperature * scipy.special.logsumexp(logits / temperature, axis=1)

    def softmax_score(x, temperature):
        return 1 - scipy.special.softmax((x @ weights.T + biases) / temperature, axis=1).max(axis=1)

    write("reference-set", {
        "dimensions": DIMENSIONS,
        "train": [float(v) for v in train32.ravel()],
        "labels": (labels * 10 - 7).tolist(),  # not contiguous, one negative
        "heldOut": [float(v) for v in held32.ravel()],
        "queries": [float(v) for v in query32.ravel()],
        "weights": [float(v) for v in weights32.ravel()],
        "biases": [float(v) for v in biases32],
    })
    write("msp", {"cases": [
        {"temperature": t, "scores": softmax_score(query, t).tolist()} for t in (1.0, 2.5)]})
    write("energy", {"cases": [
        {"temperature": t, "scores": energy(query, t).tolist()} for t in (1.0, 0.5, 10.0)]})
    write("knn", {"cases": [
        {"k": k, "scores": neighbour(train, query, k).tolist()} for k in (1, 3, 60)]})
    write("mahalanobis", {"rank": 5, "cases": [
        {"shrinkage": s, "scores": mahalanobis(train, labels, query, s).tolist()}
        for s in (0.0, 0.1, 1.0)]})
    write("relative-mahalanobis", {"rank": 5, "cases": [
        {"shrinkage": s, "scores": relative(train, labels, query, s).tolist()}
        for s in (0.0, 0.5)]})

    def parts(x):
        return relative(train, labels, x, 0.0), energy(x, 1.0), neighbour(train, x, 1)

    scores = sum((a - b.mean()) / b.std() for a, b in zip(parts(query), parts(held)))
    write("fusion", {"scores": scores.tolist()})


if __name__ == "__main__":
    main()
