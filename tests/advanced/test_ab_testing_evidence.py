"""What the canary's controller concludes: against loops, by hand, and in simulations."""

import json
import math

import numpy as np
import pytest
from ab_testing_programs import controller, evidence


def users(count, right=(0.97, 0.97), seed=0, experiments=1):
    """Return users of experiments that go through the plan's stages."""
    rng = np.random.default_rng(seed)
    weights = np.broadcast_to(evidence.Plan().weights(count), (experiments, count))
    arms = (rng.random(weights.shape) < weights).astype(int)
    shares = rng.binomial(16, np.take(right, arms)) / 16
    never = np.zeros(arms.shape, bool)
    return evidence.Users(arms, weights, shares, never, never)


def test_stages_follow_each_other():
    weights = evidence.Plan().weights(2000)
    assert [(weights == share).sum() for share in (0.01, 0.05, 0.25)] == [200, 300, 1500]
    assert evidence.Plan().weights(250).tolist() == [0.01] * 200 + [0.05] * 50


def test_alarms_share_five_percent():
    assert sum(evidence.Plan().alpha.values()) == pytest.approx(0.05)


def test_difference_is_what_a_loop_computes():
    some = users(700)
    lower, upper = evidence.difference(some, 0.05, 0.05)
    past, centre, spread, information = [0.9], 0.0, 0.0, 0.0
    for arm, weight, share in zip(some.arms[0], some.weights[0], some.shares[0], strict=True):
        step = (arm - weight) * (share - sum(past) / len(past))
        centre, spread = centre + step, spread + step**2
        information += weight * (1 - weight)
        past.append(share)
    total = spread + 0.05
    half = math.sqrt(total * math.log(total / (0.05 * 0.05**2)))
    assert lower[0, -1] == pytest.approx((centre - half) / information)
    assert upper[0, -1] == pytest.approx((centre + half) / information)


def test_difference_does_not_look_ahead():
    some = users(700)
    first = evidence.Users(*(column[:, :400] for column in vars(some).values()))
    whole, part = (evidence.difference(each, 0.05, 0.05) for each in (some, first))
    np.testing.assert_allclose(np.array(whole)[:, :, :400], np.array(part))


def test_difference_finds_the_effect_in_a_ramp():
    lower, upper = evidence.difference(users(40_000, (0.95, 0.96)), 0.05, 0.05)
    assert 0 < lower[0, -1] < 0.01 < upper[0, -1] < 0.02


def test_coin_is_a_likelihood_ratio():
    ratios = evidence.coin(np.array([True, False, True]), 0.5, 0.75)
    assert np.exp(ratios).tolist() == pytest.approx([1.5, 0.75, 1.125])
    counted = np.array([True, False, True])
    ratios = evidence.coin(np.array([True, False, True]), 0.5, 0.75, counted)
    assert np.exp(ratios).tolist() == pytest.approx([1.5, 1.5, 2.25])


def test_tilted_multiplies_the_odds():
    assert evidence.tilted(0.25, 3.0) == pytest.approx(0.5)
    assert evidence.tilted(0.3, 1.0) == pytest.approx(0.3)


def test_null_canaries_are_let_through_and_bad_ones_are_not():
    plan = evidence.Plan()
    good = evidence.judge(users(2000, experiments=300), plan)
    rang = np.any(list(good.rings.values()), axis=(0, 2))
    assert rang.mean() < 0.05
    assert good.good[:, -1].mean() > 0.95
    bad = evidence.judge(users(2000, (0.97, 0.94), experiments=300), plan)
    assert bad.rings["accuracy"].any(axis=1).mean() > 0.95


def test_each_guardrail_rings_for_its_fault():
    fine, plan = users(2000, seed=3), evidence.Plan()
    faults = {
        "errors": {"failed": (fine.arms == 1) & (np.arange(2000) % 4 == 0)},
        "latency": {"slow": (fine.arms == 1) | (np.arange(2000) % 100 == 0)},
        "ratio": {"arms": fine.arms * (np.arange(2000) % 3 > 0)},
    }
    for name, fault in faults.items():
        judged = evidence.judge(evidence.Users(**vars(fine) | fault), plan)
        assert [each for each, rang in judged.rings.items() if rang.any()] == [name]


def line(user, version="stable", **changes):
    """Return a line of the proxy's log, an answer."""
    found = {"user": user, "path": "/predict", "version": version, "weight": 0.25}
    found |= {"status": 200, "seconds": "0.005", "right": "", "process": 1} | changes
    return json.dumps(found) + "\n"


def feedback(user, right, **changes):
    return line(user, path="/feedback", right=right, status=204, seconds="", **changes)


def test_log_joins_answers_and_feedback(tmp_path):
    log = controller.Log(tmp_path / "access.log")
    assert log.read() == 0  # not written yet
    text = line("ann") + line("bob", "canary") + feedback("bob", "0.5") + line("cid", "canary")
    log.path.write_text(text + feedback("ann", "1")[:20], "utf-8")
    assert log.read() == 1  # of ann only half a line
    with log.path.open("a") as file:
        file.write(feedback("ann", "1")[20:])
    assert log.read() == 2
    assert log.read() == 2
    assert (log.counted.arms, log.counted.shares) == ([1, 0], [0.5, 1.0])


def test_a_user_is_counted_once_and_a_failure_has_none_right(tmp_path):
    log = controller.Log(tmp_path / "access.log")
    text = line("ann", "canary", status=500) + feedback("ann", "1")
    text += line("bob") + feedback("bob", "1") + line("bob") + feedback("bob", "0")
    text += line("cid", weight=0.0) + feedback("cid", "1")  # before the experiment
    text += line("dan", status=400) + feedback("dan", "1")  # the client's fault
    log.path.write_text(text, "utf-8")
    assert log.read() == 2
    assert (log.counted.shares, log.counted.failed) == ([0.0, 1.0], [True, False])


def test_what_strangers_send_does_not_stop_the_log(tmp_path):
    log = controller.Log(tmp_path / "access.log")
    text = line("ann") + "".join(feedback("ann", what) for what in ("", "much", "nan", "7", "-1"))
    text += line("bob", status=413, seconds="-")  # never reached a worker
    log.path.write_text(text, "utf-8")
    assert log.read() == 0
    with log.path.open("a") as file:
        file.write(feedback("ann", "0.75"))
    assert log.read() == 1
    assert log.counted.shares == [0.75]


def test_slow_is_what_is_over_the_stable_versions_p99(tmp_path):
    log = controller.Log(tmp_path / "access.log")
    first = [line(f"u{n}", seconds=f"{0.001 * (n % 100):.3f}") for n in range(300)]
    first += [feedback(f"u{n}", "1") for n in range(300)]
    log.path.write_text("".join(first), "utf-8")
    assert log.read() == 300
    assert not any(log.counted.slow)  # nothing was known before
    assert 0.097 < log.limit() < 0.1
    with log.path.open("a") as file:
        file.write(line("eve", "canary", seconds="0.150") + feedback("eve", "1"))
        file.write(line("fay", "canary", seconds="0.050") + feedback("fay", "1"))
    log.read()
    assert log.counted.slow[-2:] == [True, False]
