"""Writes the golden values of the judging engine and of its statistics with NumPy, SciPy and scikit-learn.

Run in an environment with ops/goldens/requirements.txt:  python ops/goldens/judging.py
"""

import json
import pathlib

import numpy as np
import scipy
import scipy.stats
import sklearn
from sklearn import calibration, isotonic, metrics

TESTS = pathlib.Path(__file__).resolve().parents[2] / "Tests"
PROVENANCE = {
    "script": "ops/goldens/judging.py",
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}


def write(place, name, value):
    folder = TESTS / place / "Goldens"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"provenance": PROVENANCE, **value}, indent=1) + "\n"
    (folder / f"{name}.json").write_text(text)


def correlations(random):
    cases = []
    for first, second in [
        (random.normal(0, 1, 40).round(3), random.normal(0, 1, 40).round(3)),
        (random.integers(0, 5, 60), random.integers(0, 4, 60)),
        (np.arange(12), -np.arange(12) ** 2),
    ]:
        labels = second > np.median(second)
        cases.append({
            "first": list(map(float, first)),
            "second": list(map(float, second)),
            "pearson": float(scipy.stats.pearsonr(first, second)[0]),
            "spearman": float(scipy.stats.spearmanr(first, second)[0]),
            "kendall": float(scipy.stats.kendalltau(first, second)[0]),
            "isPositive": labels.tolist(),
            "auroc": float(metrics.roc_auc_score(labels, first)),
        })
    write("Core/StatisticsTests", "correlation", {"cases": cases})


def binomial():
    tails = [
        {"count": n, "probability": p, "successes": k,
         "cumulative": float(scipy.stats.binom.cdf(k, n, p))}
        for n, p, k in [(14, 0.2, 0), (29, 0.1, 0), (59, 0.05, 0), (100, 0.15, 7), (1000, 0.15, 130),
                        (3000, 0.02, 45), (5, 0.5, 5), (7, 0.3, 2)]
    ]
    intervals = []
    for k, n in [(0, 10), (3, 10), (10, 10), (131, 400)]:
        found = scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        intervals.append({"successes": k, "count": n, "low": float(found.low), "high": float(found.high)})
    write("Core/StatisticsTests", "binomial", {"tails": tails, "wilson": intervals})


def calibrators(random):
    cases = []
    for count, levels in [(60, None), (200, None), (150, 12)]:
        scores = random.normal(0, 2, count).round(3)
        if levels:
            scores = random.integers(0, levels, count).astype(float)
        chance = 1 / (1 + np.exp(-(0.8 * (scores - scores.mean()) + 0.4)))
        outcomes = (random.uniform(0, 1, count) < chance).astype(float)
        points = np.r_[np.linspace(scores.min() - 1, scores.max() + 1, 31)].round(4)
        steps = isotonic.IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        steps.fit(scores, outcomes)
        curve = calibration._SigmoidCalibration().fit(scores, outcomes)
        cases.append({
            "scores": scores.tolist(),
            "outcomes": outcomes.tolist(),
            "points": points.tolist(),
            "isotonic": steps.predict(points).tolist(),
            "slope": float(-curve.a_),
            "intercept": float(-curve.b_),
            "platt": curve.predict(points).tolist(),
        })
    probabilities = random.uniform(0, 1, 80).round(3)
    outcomes = (random.uniform(0, 1, 80) < probabilities).astype(float)
    edges = np.linspace(0, 1, 16)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (probabilities > low) & (probabilities <= high)
        if inside.any():
            error += inside.mean() * abs(outcomes[inside].mean() - probabilities[inside].mean())
    write("Engines/JudgingTests", "calibrators", {
        "cases": cases,
        "probabilities": probabilities.tolist(),
        "outcomes": outcomes.tolist(),
        "expectedCalibrationError": error,
        "brier": float(metrics.brier_score_loss(outcomes, probabilities)),
        "negativeLogLikelihood": float(metrics.log_loss(outcomes, probabilities)),
    })


def similarity(random):
    cases = []
    for rows, columns, width in [(3, 5, 4), (1, 1, 3), (7, 2, 8)]:
        first = random.normal(0, 1, (rows, width)).astype(np.float32)
        second = random.normal(0.3, 1, (columns, width)).astype(np.float32)
        a = first.astype(float) / np.linalg.norm(first.astype(float), axis=1, keepdims=True)
        b = second.astype(float) / np.linalg.norm(second.astype(float), axis=1, keepdims=True)
        product = a @ b.T
        precision, recall = product.max(axis=1).mean(), product.max(axis=0).mean()
        cases.append({
            "dimensions": width,
            "candidate": [float(x) for x in first.ravel()],
            "reference": [float(x) for x in second.ravel()],
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(2 * precision * recall / (precision + recall)) if min(precision, recall) > 0 else 0.0,
            "cosine": float(metrics.pairwise.cosine_similarity(first[:1], second[:1])[0, 0]),
        })
    write("Engines/JudgingTests", "bert-score", {"cases": cases})


if __name__ == "__main__":
    correlations(np.random.default_rng(1))
    binomial()
    calibrators(np.random.default_rng(2))
    similarity(np.random.default_rng(3))
