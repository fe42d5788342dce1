"""Writes the golden values of Tests/Core/StatisticsTests with NumPy, SciPy and scikit-learn.

Run in an environment with ops/goldens/requirements.txt:  python ops/goldens/statistics.py
"""

import json
import pathlib

import numpy as np
import scipy
import scipy.special
import scipy.stats
import sklearn
from sklearn import metrics

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/Core/StatisticsTests/Goldens"
PROVENANCE = {
    "script": "ops/goldens/statistics.py",
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}


def write(name, value):
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"provenance": PROVENANCE, **value}, indent=1) + "\n"
    (FOLDER / f"{name}.json").write_text(text)


def detection(inside, outside):
    truth = np.r_[np.zeros(len(inside)), np.ones(len(outside))]
    scores = np.r_[inside, outside]

    def rate(labels, values):
        false, true, _ = metrics.roc_curve(labels, values, drop_intermediate=False)
        return float(false[np.argmax(true >= 0.95)])

    def area(labels, values):
        precision, recall, _ = metrics.precision_recall_curve(labels, values)
        return float(metrics.auc(recall, precision))

    return {
        "inDistribution": list(map(float, inside)),
        "outOfDistribution": list(map(float, outside)),
        "auroc": float(metrics.roc_auc_score(truth, scores)),
        "fpr95OODPositive": rate(truth, scores),
        "fpr95IDPositive": rate(1 - truth, -scores),
        "auprIn": area(1 - truth, -scores),
        "auprOut": area(truth, scores),
    }


def detection_metrics(random):
    cases = [
        detection(random.normal(0, 1, 80).round(3), random.normal(1.5, 1, 30).round(3)),
        detection(random.integers(0, 6, 70), random.integers(2, 9, 50)),
        detection([1.0, 1.0, 1.0], [1.0, 1.0]),
        detection([0.0, 1.0, 2.0], [3.0]),
        detection([3.0], [0.0, 1.0, 2.0, 2.0]),
    ]
    write("detection-metrics", {"cases": cases})


def calibration(random):
    logits = (random.normal(0, 2, (60, 5))).round(3)
    labels = random.integers(0, 5, 60)
    probabilities = scipy.special.softmax(logits, axis=1)
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, 16)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    onehot = np.eye(5)[labels]
    write("calibration", {
        "logits": logits.ravel().tolist(),
        "classCount": 5,
        "labels": labels.tolist(),
        "logSumExp": scipy.special.logsumexp(logits, axis=1).tolist(),
        "softmaxAtTemperature2": scipy.special.softmax(logits / 2, axis=1).ravel().tolist(),
        "expectedCalibrationError": error,
        "brier": float(((probabilities - onehot) ** 2).sum(axis=1).mean()),
        "negativeLogLikelihood": float(metrics.log_loss(labels, probabilities, labels=range(5))),
    })


def conformal(random):
    beta = [
        {"alpha": a, "beta": b, "x": x, "cumulative": float(scipy.stats.beta.cdf(x, a, b))}
        for a, b in [(1, 1), (0.5, 0.5), (2, 5), (30, 3), (131, 2870), (3001, 1), (20000, 80000)]
        for x in [0.001, 0.05, 0.2, 0.5, 0.9]
    ]
    pac = []
    for count, rate, confidence in [(3000, 0.05, 0.95), (3000, 0.01, 0.95), (3000, 0.1, 0.95),
                                    (299, 0.01, 0.95), (100, 0.1, 0.9), (59, 0.05, 0.95)]:
        ranks = np.arange(1, count + 1)
        holds = scipy.stats.beta.cdf(rate, count + 1 - ranks, ranks) >= confidence
        pac.append({"count": count, "falseAlarmRate": rate, "confidence": confidence,
                    "rank": int(ranks[holds].min())})
    values = np.r_[random.uniform(0, 1, 30), random.uniform(0, 0.01, 10)].round(4)
    adjusted = scipy.stats.false_discovery_control(values, method="bh")
    write("conformal", {
        "beta": beta,
        "pac": pac,
        "pValues": values.tolist(),
        "rate": 0.1,
        "rejected": (adjusted <= 0.1).tolist(),
    })


def moments(random):
    samples = random.normal(3, 2, (40, 4)).astype(np.float32)
    labels = random.integers(0, 3, 40)
    wide = samples.astype(np.float64)
    means = np.stack([wide[labels == c].mean(axis=0) for c in range(3)])
    centred = wide - means[labels]
    values = np.r_[random.normal(0, 1, 40), random.normal(6, 1.5, 25)].round(3)
    ordered = np.sort(values)
    splits = [(ordered[:i], ordered[i:]) for i in range(1, len(ordered))]
    between = [len(a) * len(b) * (a.mean() - b.mean()) ** 2 for a, b in splits]
    best = splits[int(np.argmax(between))]
    write("moments", {
        "samples": [float(x) for x in samples.ravel()],
        "dimensions": 4,
        "labels": labels.tolist(),
        "means": means.ravel().tolist(),
        "tiedCovariance": (centred.T @ centred / 40).ravel().tolist(),
        "covariance": np.cov(wide.T, bias=True).ravel().tolist(),
        "otsuValues": values.tolist(),
        "otsu": float((best[0][-1] + best[1][0]) / 2),
    })


if __name__ == "__main__":
    detection_metrics(np.random.default_rng(1))
    calibration(np.random.default_rng(2))
    conformal(np.random.default_rng(3))
    moments(np.random.default_rng(4))
