"""Makes figures.json: what reference implementations find for the data in it.

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install scipy scikit-learn krippendorff statsmodels
    /tmp/reference/bin/python crates/agreement/reference/figures.py
"""

import json
import math
import pathlib
import random

import krippendorff
import numpy
from scipy import optimize, stats
from sklearn import metrics
from statsmodels.stats import inter_rater
from statsmodels.stats.proportion import proportion_confint

Z = 1.959964
draw = random.Random(20)


def noisy(truth, values, error):
    return truth if draw.random() > error else draw.choice(values)


def nominal():
    labels = ["first", "second", "tie"]
    left = [draw.choice(labels) for _ in range(60)]
    right = [noisy(each, labels, 0.4) for each in left]
    raters = [[each] + [noisy(each, labels, 0.5) for _ in range(3)] for each in left]
    table, _ = inter_rater.aggregate_raters(numpy.array(raters))
    pooled = left + right
    expected = sum((pooled.count(each) / len(pooled)) ** 2 for each in labels)
    observed = numpy.mean([a == b for a, b in zip(left, right)])
    return {
        "pairs": list(zip(left, right)),
        "accuracy": metrics.accuracy_score(left, right),
        "cohen_kappa": metrics.cohen_kappa_score(left, right),
        "scott_pi": (observed - expected) / (1 - expected),
        "subjects": raters,
        "fleiss_kappa": inter_rater.fleiss_kappa(table, method="fleiss"),
    }


def alpha():
    truth = [draw.randint(1, 5) for _ in range(40)]
    raters = [[noisy(each, range(1, 6), 0.35) for each in truth] for _ in range(4)]
    for rater in raters:
        for place in draw.sample(range(40), 9):
            rater[place] = None
    data = numpy.array(raters, dtype=float)
    return {
        "units": [[r[u] for r in raters if r[u] is not None] for u in range(40)],
        **{
            level: krippendorff.alpha(data, level_of_measurement=level)
            for level in ["nominal", "ordinal", "interval"]
        },
    }


def correlation():
    left = [draw.randint(0, 6) for _ in range(80)]
    right = [each + draw.choice([-2, -1, 0, 0, 1, 2.5]) for each in left]
    return {
        "pairs": list(zip(left, right)),
        "pearson": stats.pearsonr(left, right).statistic,
        "spearman": stats.spearmanr(left, right).statistic,
        "kendall_tau_b": stats.kendalltau(left, right, variant="b").statistic,
        "ranks": list(stats.rankdata(right)),
    }


def detection():
    there = [draw.random() < 0.4 for _ in range(70)]
    scores = [round(min(1, max(0, 0.35 + 0.3 * t + draw.uniform(-0.35, 0.35))), 2) for t in there]
    flagged = [score >= 0.5 for score in scores]
    kinds = ["loop", "stop", "guess"]
    right = [draw.choice(kinds) for _ in range(50)]
    said = [noisy(each, kinds, 0.5) for each in right]
    bins = [[] for _ in range(10)]
    for score, t in zip(scores, there):
        bins[min(int(numpy.digitize(score, [k / 10 for k in range(1, 10)])), 9)].append((score, t))
    error = sum(
        len(b) / 70 * abs(numpy.mean([s for s, _ in b]) - numpy.mean([t for _, t in b]))
        for b in bins
        if b
    )
    return {
        "scores": list(zip(scores, there)),
        "precision": metrics.precision_score(there, flagged),
        "recall": metrics.recall_score(there, flagged),
        "f1": metrics.f1_score(there, flagged),
        "kinds": list(zip(said, right)),
        "macro_f1": metrics.f1_score(right, said, average="macro"),
        "calibration_error": error,
    }


def splitmix(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        mixed = state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) % 2**64
        yield mixed ^ (mixed >> 31)


def bootstrap():
    values = [draw.gauss(3, 1) for _ in range(50)]
    numbers = splitmix(7)
    means = [
        numpy.mean([values[(next(numbers) * 50) >> 64] for _ in range(50)]) for _ in range(1000)
    ]
    scipy = stats.bootstrap(
        (values,), numpy.mean, n_resamples=20000, method="percentile", rng=1
    ).confidence_interval
    return {
        "values": values,
        "percentiles": list(numpy.percentile(means, [2.5, 97.5])),
        "scipy": [scipy.low, scipy.high],
    }


def randomization():
    def p_value(values, n):
        test = stats.permutation_test(
            (values,), lambda x, axis: numpy.mean(x, axis=axis), permutation_type="samples",
            n_resamples=n, vectorized=True, rng=5,
        )
        return test.pvalue

    few = [0.5, 0.25, -0.1, 0.4, 0.3, 0.2, -0.05, 0.0, 0.5]
    many = [round(draw.gauss(0.05, 0.2), 3) for _ in range(40)]
    exact = [few, [0.25] * 6, [0.25] * 5, [0.5, 0.5], [-0.3, 0.1, -0.2, 0.05], [0.5, -0.5]]
    return {
        "exact": [{"values": values, "p": p_value(values, numpy.inf)} for values in exact],
        "drawn": {"values": many, "p": p_value(many, 200000)},
    }


def extremes():
    """Degenerate and badly scaled values."""
    pairs = [(0, 3), (1, 1), (2, 2), (2, 5)]
    units = numpy.array(pairs, dtype=float).T
    constant = numpy.array([(1, 1), (2, 1), (3, 1)], dtype=float).T
    levels = ["nominal", "ordinal", "interval"]
    return {
        "pairs": pairs,
        "pearson": stats.pearsonr(*zip(*pairs)).statistic,
        "interval_alpha": krippendorff.alpha(units, level_of_measurement="interval"),
        "constant_rater": [krippendorff.alpha(constant, level_of_measurement=each) for each in levels],
        "kappa_constant_rater": metrics.cohen_kappa_score([1, 1, 1], [1, 1, 0]),
        "wilson": [[k, n, *proportion_confint(k, n, method="wilson")] for k, n in [(1, 1), (0, 1), (3, 3)]],
    }


def rogan_gladen(passed, sensitivity, specificity):
    """Estimate and interval as in the papers, written down apart from the Rust."""
    (k, n), (a, m), (b, q) = passed, sensitivity, specificity
    p, se, sp = k / n, a / m, b / q
    rate = min(1, max(0, (p + sp - 1) / (se + sp - 1)))
    p1, se1, sp1 = (k + Z**2 / 2) / (n + Z**2), (a + 1) / (m + 2), (b + 1) / (q + 2)
    youden = se1 + sp1 - 1
    middle = (p1 + sp1 - 1) / youden
    shift = 2 * Z**2 * (middle * se1 * (1 - se1) / (m + 2) - (1 - middle) * sp1 * (1 - sp1) / (q + 2))
    spread = math.sqrt(
        p1 * (1 - p1) / (n + Z**2)
        + middle**2 * se1 * (1 - se1) / (m + 2)
        + (1 - middle) ** 2 * sp1 * (1 - sp1) / (q + 2)
    )
    ends = [middle + shift - Z * spread / youden, middle + shift + Z * spread / youden]
    return rate, [min(1, max(0, end)) for end in ends]


def rates():
    cases = [((420, 800), (88, 100), (72, 90)), ((12, 400), (45, 50), (170, 180)), ((30, 40), (9, 10), (7, 10))]
    numbers = numpy.random.default_rng(3)
    held = 0
    for _ in range(4000):
        k = numbers.binomial(300, 0.3 * 0.85 + 0.7 * 0.1)
        a, b = numbers.binomial(80, 0.85), numbers.binomial(90, 0.9)
        low, high = rogan_gladen((k, 300), (a, 80), (b, 90))[1]
        held += low <= 0.3 <= high
    return {
        "cases": [
            {"passed": p, "sensitivity": s, "specificity": q, "rate": r, "interval": i}
            for p, s, q in cases
            for r, i in [rogan_gladen(p, s, q)]
        ],
        "coverage_by_simulation": held / 4000,
        "wilson": [[k, n, *proportion_confint(k, n, method="wilson")] for k, n in [(7, 10), (0, 12), (400, 1000)]],
    }


def bradley_terry():
    strengths, games = [0.9, 0.3, -0.2, -1.0], []
    for _ in range(240):
        a, b = draw.sample(range(4), 2)
        half = (strengths[a] - strengths[b]) / 2
        weights = [math.exp(half), math.exp(-half), 0.6]
        games.append([a, b, draw.choices(["won", "lost", "tied"], weights)[0]])

    def fitted(games, ties):
        def loss(x):
            logs, tie, total = x[:4], math.exp(x[4]) if ties else 0, 0
            for a, b, end in games:
                half = (logs[a] - logs[b]) / 2
                up, down = math.exp(half), math.exp(-half)
                total -= math.log({"won": up, "lost": down, "tied": tie}[end] / (up + down + tie))
            return total

        def pinned(x):
            return loss(x) + 1e3 * sum(x[:4]) ** 2

        size = 5 if ties else 4
        x = optimize.minimize(pinned, numpy.zeros(size), method="BFGS", options={"gtol": 1e-9}).x
        x = optimize.minimize(pinned, x, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 50000, "maxfev": 50000}).x
        step, hessian = 1e-4, numpy.zeros((size, size))
        for i in range(size):
            for j in range(size):
                at = lambda s, t: loss(x + step * (s * numpy.eye(size)[i] + t * numpy.eye(size)[j]))
                hessian[i, j] = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / (4 * step**2)
        errors = numpy.sqrt(numpy.diag(numpy.linalg.pinv(hessian, rcond=1e-6)))[:4]
        return {"games": games, "logs": list(x[:4]), "errors": list(errors), "tie": math.exp(x[4]) if ties else 0.0}

    return {"with_ties": fitted(games, True), "without": fitted([g for g in games if g[2] != "tied"], False)}


# What is new stands last: the draws of the others stay.
parts = [nominal, alpha, correlation, detection, bootstrap, rates, bradley_terry, randomization, extremes]
figures = {part.__name__: part() for part in parts}
path = pathlib.Path(__file__).parent / "figures.json"
path.write_text(json.dumps(figures, default=lambda each: each.item(), indent=1) + "\n")
