"""Two files of latencies compared: what is read, what is said, and whether it may be said."""

import numpy as np
import pytest

from sidebyside.errors import LatencyError
from sidebyside.measure.latency import compare, interval, read


def program(random, rounds=10, requests=60, starts=0.05, scale=1.0):
    """Return latencies that a start of the program, and neighbours in time, have in common."""
    made = []
    for _ in range(rounds):
        noise = np.convolve(random.normal(size=requests + 4), np.ones(5) / np.sqrt(5), "valid")
        made.append(scale * np.exp(random.normal(0, starts) + 0.25 * noise))
    return made


def write(file, rounds):
    file.write_text("\n\n".join("\n".join(map(str, times)) for times in rounds) + "\n", "utf-8")
    return file


def test_where_nothing_has_changed_that_is_said_nineteen_times_of_twenty():
    random = np.random.default_rng(0)
    held = naive = 0
    for _ in range(100):
        before, after = program(random), program(random)
        low, high = interval(before, after, 95, draws=200)
        held += low <= 1 <= high
        # as if all requests were independent
        pooled = [[np.concatenate(side)] for side in (before, after)]
        low, high = interval(*pooled, 95, draws=200, stretch=1)
        naive += low <= 1 <= high
    assert held >= 90  # 95 are promised, and luck is in a hundred trials, too
    assert naive <= held - 5


@pytest.mark.parametrize(
    ("scale", "beginning"),
    [(0.6, "Latency p95 down by "), (1.5, "Latency p95 up by "), (1.0, "Not shown: that p95")],
)
def test_the_sentence(scale, beginning):
    random = np.random.default_rng(1)
    found = compare(program(random, starts=0.01), program(random, starts=0.01, scale=scale))
    assert found.low < found.ratio < found.high
    assert found.sentence.startswith(beginning)
    assert found.doubt == ""


def test_a_change_that_is_known_to_less_than_two_points_has_a_digit_more():
    before = [np.linspace(1, 1.01, 50)] * 5
    found = compare(before, [times * 0.0273 for times in before])
    assert found.sentence.startswith("Latency p95 down by 97.3 % (95 % interval: 97.")


def test_the_same_files_give_the_same_interval():
    before, after = (program(np.random.default_rng(seed)) for seed in (2, 3))
    assert compare(before, after) == compare(before, after)


def test_rounds_of_other_lengths_are_compared():
    random = np.random.default_rng(4)
    before, after = program(random), program(random, scale=0.5)
    found = compare([times[: 40 + place] for place, times in enumerate(before)], after)
    assert found.requests == (445, 600)
    assert found.high < 0.7


def test_few_rounds_are_said_to_be_few():
    random = np.random.default_rng(5)
    for rounds, word in ((1, "another start"), (4, "too narrow"), (5, "")):
        found = compare(program(random, rounds, 300), program(random, rounds, 300))
        assert word in found.doubt
        assert bool(word) == bool(found.doubt)


def test_a_file_is_read_with_its_rounds_and_without_remarks(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("# torch 2\n1.5\n2\n\n\n# again\n3e0\n", "utf-8")
    assert [list(times) for times in read(file)] == [[1.5, 2.0], [3.0]]


@pytest.mark.parametrize("line", ["fast", "-1", "0", "nan", "inf", "1,5"])
def test_what_is_no_latency_is_named_with_its_line(tmp_path, line):
    file = tmp_path / "a.txt"
    file.write_text(f"1\n{line}\n", "utf-8")
    with pytest.raises(LatencyError, match=rf"a\.txt, line 2: '{line}' is not a latency"):
        read(file)


def test_other_rounds_and_too_few_requests_are_errors():
    times = [np.ones(100)] * 2
    with pytest.raises(LatencyError, match="2 rounds before and 1 after"):
        compare(times, times[:1])
    with pytest.raises(LatencyError, match="needs at least 1,000 requests of each"):
        compare(times, times, percentile=99)
    with pytest.raises(LatencyError, match="there are 0 and 0"):
        compare([], [])


def test_the_command(sidebyside, tmp_path):
    random = np.random.default_rng(6)
    before = write(tmp_path / "before.txt", program(random))
    after = write(tmp_path / "after.txt", program(random, scale=0.5))
    done = sidebyside("latency", str(before), str(after))
    assert (done.code, done.err) == (0, "")
    assert "Latency p95 down by" in done.out
    done = sidebyside("latency", str(before), str(tmp_path / "no.txt"))
    assert done.code == 1
    assert "no.txt cannot be read" in done.err
    assert "Traceback" not in done.err
