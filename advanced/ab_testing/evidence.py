"""How much the data say about a canary: always-valid statistics in NumPy.

The last axis of every array is time, one place for each user. It may be one
experiment, (n,), or thousands of simulated ones at once, (experiments, n): so
what a simulation proves is what the controller runs.

Sources: Howard, Ramdas, McAuliffe and Sekhon 2021, "Time-uniform,
nonparametric, nonasymptotic confidence sequences"; Waudby-Smith, Arbour,
Sinha, Kennedy and Ramdas 2024, "Time-uniform central limit theory and
asymptotic confidence sequences"; Ville 1939.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Plan:
    """How far the canary goes, in which steps, and what stops it.

    Attributes
    ----------
    stages
        The canary's share of the users, and how many users to see at least
        before the next stage begins. After the last one it gets everything.
    patience
        The most users in the last stage; without a decision, back it goes.
    margin
        So much lower accuracy would still be let through.
    alpha
        The most false alarms of each alarm, in shares of all experiments.
        They add up to 0.05.
    rho
        Tunes the confidence sequence: small if it shall be narrow early.
    errors
        Share of failed requests that is tolerated, and that is feared.
    slow
        Odds, canary against stable, that a slow request is the canary's:
        tolerated, and feared.
    ratio
        Odds by which the counted users may be lopsided: feared.
    """

    stages: tuple[tuple[float, int], ...] = (
        (0.01, 200),
        (0.05, 300),
        (0.25, 1000),
    )
    patience: int = 1500
    margin: float = 0.02
    alpha: dict[str, float] = field(
        default_factory=lambda: {
            "accuracy": 0.025,
            "errors": 0.01,
            "latency": 0.01,
            "ratio": 0.005,
        }
    )
    rho: float = 0.05
    errors: tuple[float, float] = (0.001, 0.02)
    slow: tuple[float, float] = (1.5, 5.0)
    ratio: float = 1.25

    def weights(self, count: int) -> np.ndarray:
        """Return the canary's share for each of the first users: (count,)."""
        shares = [share for share, _ in self.stages]
        users = [least for _, least in self.stages]
        users[-1] = max(users[-1], count - sum(users[:-1]))
        return np.repeat(shares, users)[:count]


@dataclass(frozen=True)
class Users:
    """What is known of the users, in the order in which they were counted.

    Attributes
    ----------
    arms
        1 where the canary answered, 0 where the stable version did.
    weights
        The canary's share at that moment, between 0 and 1.
    shares
        The share of right answers that a user got; 0 if the request failed.
    failed
        Where the answer was an error of the server.
    slow
        Where the answer took longer than a limit that was known before.
    """

    arms: np.ndarray
    weights: np.ndarray
    shares: np.ndarray
    failed: np.ndarray
    slow: np.ndarray


def normal_mixture(
    variance: np.ndarray, rho: float, alpha: float
) -> np.ndarray:
    """Return the boundary that a martingale ever leaves with chance alpha.

    Howard and others 2021, the two-sided normal mixture (Robbins 1970).
    """
    spread = variance + rho
    return np.sqrt(spread * np.log(spread / (rho * alpha**2)))


def difference(
    users: Users, rho: float, alpha: float, guess: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """Return a confidence sequence of the effect: its lower, its upper line.

    The effect is the canary's mean outcome minus the stable version's. Who
    gets the canary was drawn with a known probability, so the draw alone,
    ``arms - weights``, has mean zero, whatever the users are like and however
    the weights have changed on the way. Multiplied by how far an outcome is
    from what was expected *before* it was seen, it is a martingale if there
    is no effect. Divided by ``weights * (1 - weights)``, summed up, it
    estimates the effect; of effects that are not alike a mean, each user with
    the weight ``weights * (1 - weights)``.
    """
    count = np.arange(1, users.shares.shape[-1] + 1)
    before = users.shares.cumsum(axis=-1) - users.shares
    expected = (guess + before) / count  # the mean of one guess and the past
    steps = (users.arms - users.weights) * (users.shares - expected)
    information = (users.weights * (1 - users.weights)).cumsum(axis=-1)
    centre = steps.cumsum(axis=-1)
    half = normal_mixture((steps**2).cumsum(axis=-1), rho, alpha)
    return (centre - half) / information, (centre + half) / information


def tilted(weights: np.ndarray, odds: float) -> np.ndarray:
    """Return a probability whose odds are multiplied."""
    return odds * weights / (1 - weights + odds * weights)


def coin(
    heads: np.ndarray,
    null: np.ndarray | float,
    feared: np.ndarray | float,
    counted: np.ndarray | bool = True,
) -> np.ndarray:
    """Return the log-likelihood ratio of two coins, after each toss.

    If the chance of heads is `null`, the ratio is a martingale that starts
    at 1, and ever reaches 1/alpha with chance alpha at most (Ville 1939).
    """
    up, down = np.log(feared / null), np.log((1 - feared) / (1 - null))
    terms = np.where(heads, up, down)
    return np.where(counted, terms, 0).cumsum(axis=-1)


def log_ratios(users: Users, plan: Plan) -> dict[str, np.ndarray]:
    """Return the guardrails' evidence against the canary, after each user.

    Each is the logarithm of how much better the feared explains what was seen
    than the tolerated does. Above 0 it leans against the canary.
    """
    arms, weights = users.arms.astype(bool), users.weights
    tolerated, feared = (tilted(weights, odds) for odds in plan.slow)
    many, few = (
        coin(arms, weights, tilted(weights, odds))
        for odds in (plan.ratio, 1 / plan.ratio)
    )
    return {
        "errors": coin(users.failed, *plan.errors, counted=arms),
        "latency": coin(arms, tolerated, feared, counted=users.slow),
        "ratio": np.logaddexp(many, few) - np.log(2),
    }


@dataclass(frozen=True)
class Judgement:
    """What may be concluded after each user.

    Attributes
    ----------
    lower, upper
        The confidence sequence of the effect on the share of right answers.
    rings
        By the name of an alarm, where it rings.
    good
        Where the canary may have everything: it is shown to be at most a
        margin worse, and no guardrail leans against it.
    """

    lower: np.ndarray
    upper: np.ndarray
    rings: dict[str, np.ndarray]
    good: np.ndarray

    def end(self) -> int:
        """Return how many users there were at the first alarm, or in all."""
        rang = np.any(list(self.rings.values()), axis=0)
        return int(rang.argmax()) + 1 if rang.any() else rang.size


def judge(users: Users, plan: Plan) -> Judgement:
    """Return what may be concluded from the users, after each of them."""
    lower, upper = difference(users, plan.rho, plan.alpha["accuracy"])
    against = log_ratios(users, plan)
    rings = {"accuracy": upper < 0}
    for name, log_ratio in against.items():
        rings[name] = log_ratio > -np.log(plan.alpha[name])
    calm = (against["errors"] <= 0) & (against["latency"] <= 0)
    return Judgement(lower, upper, rings, (lower > -plan.margin) & calm)
