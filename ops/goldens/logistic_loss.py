"""Writes Tests/Core/GradientsTests/Goldens/logistic-loss.json with scikit-learn.

Usage: logistic_loss.py SHARED, where SHARED/reference/selftraining holds the reference problems.

Synthetic data from a fixed seed: 60 rows, 8 features, 4 classes. For each inverse penalty C and
each kind of row weights, the optimum of LogisticRegression and its objective
C * sum(w * cross-entropy) + 0.5 * ||W||^2 (intercept unpenalised) are recorded; a soft target is
given to scikit-learn as one row per class, weighted with its probability. Of the reference
problems only the objectives at the optimum are recorded.
"""

import json
import pathlib
import platform
import sys

import numpy as np
import sklearn
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

ROWS, COLUMNS, CLASSES = 60, 8, 4


def objective(w, b, x, soft, weights, c):
    z = x @ w.T + b
    cross = (soft * (logsumexp(z, axis=1, keepdims=True) - z)).sum(axis=1)
    return float(c * (weights * cross).sum() + 0.5 * (w * w).sum())


def fit(x, soft, weights, c):
    rows = np.repeat(np.arange(len(x)), CLASSES)
    labels = np.tile(np.arange(CLASSES), len(x))
    sample = (soft * weights[:, None]).ravel()
    kept = sample > 0
    model = LogisticRegression(C=c, tol=1e-10, max_iter=100_000)
    model.fit(x[rows[kept]], labels[kept], sample_weight=sample[kept])
    return model.coef_, model.intercept_


def shared_cases(shared):
    cases = []
    for name in ("ag_news", "dbpedia14", "trec6", "sst2", "banking77"):
        folder = pathlib.Path(shared) / "reference/selftraining" / name
        x = np.load(folder / "pool_x.npy").astype(np.float32)
        y = np.load(folder / "pool_y.npy")
        draws = json.loads((folder / "draws.json").read_text())["draws"]
        rows = {"5": draws["5"][0], "10": draws["10"][0]}
        if len(set(y)) <= 6:
            rows["all"] = list(range(len(y)))
        for draw, chosen in rows.items():
            features, classes = x[chosen].astype(np.float64), y[chosen]
            model = LogisticRegression(C=10, tol=1e-9, max_iter=100_000)
            model.fit(features, classes)
            w, b = model.coef_, model.intercept_
            if len(w) == 1:  # scikit-learn's binary problem has another penalty.
                w, b = binary_as_multinomial(features, classes, 10.0)
            one = np.ones(len(chosen))
            loss = objective(w, b, features, np.eye(len(b))[classes], one, 10.0)
            cases.append({"set": name, "draw": draw, "inversePenalty": 10.0, "loss": loss})
    return cases


def binary_as_multinomial(x, classes, c):
    """The two-class optimum of the multinomial objective.

    With W = (-v/2, v/2) the penalty is ||v||^2 / 4, so scikit-learn's binary problem with 2C has
    the same optimum.
    """
    model = LogisticRegression(C=2 * c, tol=1e-9, max_iter=100_000)
    model.fit(x, classes)
    return (
        np.vstack([-model.coef_ / 2, model.coef_ / 2]),
        np.concatenate([-model.intercept_ / 2, model.intercept_ / 2]),
    )


def main():
    random = np.random.RandomState(20240611)
    centres = random.normal(size=(CLASSES, COLUMNS))
    y = random.randint(0, CLASSES, size=ROWS)
    x = (centres[y] + 1.5 * random.normal(size=(ROWS, COLUMNS))).astype(np.float32)
    hard = np.eye(CLASSES)[y]
    soft = random.dirichlet(np.ones(CLASSES), size=ROWS).astype(np.float32).astype(np.float64)
    weights = random.uniform(0.2, 3, size=ROWS).astype(np.float32).astype(np.float64)
    cases = []
    for c in (0.1, 1.0, 10.0, 100.0):
        for name, target, w in (
            ("hard", hard, np.ones(ROWS)),
            ("hard-weighted", hard, weights),
            ("soft-weighted", soft, weights),
        ):
            coefficients, intercept = fit(x.astype(np.float64), target, w, c)
            scores = x[0] @ coefficients.T + intercept
            cases.append(
                {
                    "targets": name,
                    "inversePenalty": c,
                    "loss": objective(coefficients, intercept, x, target, w, c),
                    "firstProbabilities": [
                        round(float(v), 9) for v in np.exp(scores - logsumexp(scores))
                    ],
                }
            )
    golden = {
        "provenance": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, "
        f"Python {platform.python_version()}, ops/goldens/logistic_loss.py",
        "rowCount": ROWS,
        "columnCount": COLUMNS,
        "classCount": CLASSES,
        "features": [float(v) for v in x.ravel()],
        "classes": [int(v) for v in y],
        "softTargets": [float(v) for v in soft.ravel()],
        "weights": [float(v) for v in weights],
        "cases": cases,
        "sharedCases": shared_cases(sys.argv[1]),
    }
    root = pathlib.Path(__file__).resolve().parents[2]
    path = root / "Tests/Core/GradientsTests/Goldens/logistic-loss.json"
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in golden.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
