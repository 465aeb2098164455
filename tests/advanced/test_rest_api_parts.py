"""The parts that both REST services share, one by one."""

import json
import logging
import threading
import time

import numpy as np
import pytest
from common import batching, contract, logs, pictures, settings, telemetry
from common.access import Gate, Keys, Rate, hashed
from common.bad_requests import BAD, picture, white
from common.problems import Problem


def batcher(compute, **options):
    told = {"most_rows": 4, "wait": 0.05, "most_waiting": 8, "observe": lambda *_: None}
    return batching.Batcher(compute, **(told | options))


def rows(*numbers):
    return np.array(numbers, float)[:, np.newaxis]


def test_requests_that_wait_share_a_call_and_each_gets_its_own_rows():
    sizes, begun = [], threading.Event()

    def compute(batch):
        begun.wait(10)
        return 2 * batch

    made = batcher(compute, observe=lambda size, _: sizes.append(size))
    answers = [made.submit(rows(n, n + 0.5)) for n in range(3)]
    begun.set()
    for number, answer in enumerate(answers):
        assert answer.result(10).tolist() == [[2 * number], [2 * number + 1]]
    made.close()
    assert sum(sizes) == 6
    assert max(sizes) == 4  # two requests; the third did not fit


def test_a_full_queue_refuses_and_a_closed_one_answers_what_it_has():
    go = threading.Event()

    def compute(batch):
        go.wait(10)
        return batch

    made = batcher(compute, most_rows=1, most_waiting=2)
    first = made.submit(rows(1))
    while not first.running():  # it has left the queue
        time.sleep(0.001)
    waiting = [made.submit(rows(2)), made.submit(rows(3))]
    with pytest.raises(Problem, match="2 requests wait") as caught:
        made.submit(rows(4))
    assert (caught.value.status, caught.value.headers()) == (503, {"Retry-After": "1"})
    closing = threading.Thread(target=made.close)
    closing.start()
    go.set()
    closing.join(10)
    assert [answer.result(0).item() for answer in (first, *waiting)] == [1, 2, 3]
    assert not made.alive
    with pytest.raises(Problem, match="shutting down"):
        made.submit(rows(5))


def test_a_failing_call_fails_its_requests_and_no_others():
    def compute(batch):
        if batch[0] == 1:
            raise ArithmeticError("no")
        return batch

    made = batcher(compute, most_rows=1, wait=0)
    bad, good = made.submit(rows(1)), made.submit(rows(2))
    with pytest.raises(ArithmeticError):
        bad.result(10)
    assert good.result(10).item() == 2
    made.close()


def test_who_has_given_up_is_not_computed():
    seen, go = [], threading.Event()

    def compute(batch):
        go.wait(10)
        seen.append(len(batch))
        return batch

    made = batcher(compute, most_rows=1, wait=0)
    first = made.submit(rows(1))
    while not first.running():
        time.sleep(0.001)
    second, third = made.submit(rows(2)), made.submit(rows(3))
    assert second.cancel()
    go.set()
    third.result(10)
    made.close()
    assert seen == [1, 1]


def test_a_bucket_empties_and_fills():
    now = [0.0]
    rate = Rate(2, 3, clock=lambda: now[0])
    for _ in range(3):
        rate.take("ann")
    with pytest.raises(Problem, match="2 requests per second") as caught:
        rate.take("ann")
    assert caught.value.status == 429
    rate.take("bob")  # has a bucket of his own
    now[0] = 0.5
    rate.take("ann")
    with pytest.raises(Problem):
        rate.take("ann")


def test_a_gate_lets_as_many_in_as_it_says():
    gate = Gate(2)
    with gate.enter():
        with gate.enter(), pytest.raises(Problem, match="2 requests wait"), gate.enter():
            pass
        with gate.enter():
            assert gate.inside == 2
    assert gate.inside == 0


def test_a_key_is_known_by_its_hash_alone():
    keys = Keys(f"ann:{hashed('secret')}, bob:{hashed('other')}")
    assert keys.owner("secret") == "ann"
    assert keys.owner("other") == "bob"
    for wrong in (None, "", "sesame", hashed("secret")):
        with pytest.raises(Problem) as caught:
            keys.owner(wrong)
        assert caught.value.status == 401
    with pytest.raises(ValueError, match="no key is set"):
        Keys("")


def test_settings_come_from_the_environment():
    found = settings.from_environment({"SERVICE_RATE": "7.5", "SERVICE_WORKERS": "3", "HOME": "x"})
    assert (found.rate, found.workers, found.burst) == (7.5, 3, 100)
    with pytest.raises(ValueError, match="SERVICE_WORKERS: 'two'"):
        settings.from_environment({"SERVICE_WORKERS": "two"})
    with pytest.raises(ValueError, match="SERVICE_RAT: there is no such"):
        settings.from_environment({"SERVICE_RAT": "1"})


def read(kind, body):
    return pictures.read_pictures(kind, body, settings.Settings())


def test_a_picture_is_read_to_the_last_bit():
    (read_back,) = read("image/png", picture())
    again = np.random.default_rng(0).integers(0, 256, (32, 32, 3))
    assert np.array_equal(read_back, again)


def test_a_larger_picture_is_made_smaller():
    assert read("image/jpeg", picture(200, "JPEG")).shape == (1, 32, 32, 3)
    assert (read("image/png", white(90, 40)) == 255).all()


def test_a_bomb_is_a_small_file():
    assert 400_000 < len(white(30_000, 30_000)) < 600_000


PICTURES = [name for name, bad in BAD.items() if bad.status in (400, 413) and name != "50 MB"]


@pytest.mark.parametrize("name", PICTURES)
def test_bad_pictures_are_refused_at_once(name):
    bad = BAD[name]
    body = bad.body()
    start = time.process_time()
    with pytest.raises(Problem) as caught:
        read(bad.kind, body)
    assert time.process_time() - start < 1  # a bomb is not decoded
    assert caught.value.status == bad.status
    assert "Traceback" not in caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "3",
        '{"instances": []}',
        '{"instances": [[]]}',
        '{"instances": [{"b64": 3}]}',
        '{"instances": [{"b64": "%"}]}',
        '{"instances": [{"b64": "AAAA", "more": 1}]}',
        '{"instances": [[1], [1, 2]]}',
        '{"instances": ["ink"]}',
        '{"instances": [null]}',
        '{"instances": [{"b64": "AAAA"}, [1]]}',
        f'{{"instances": {"[0]," * 32}[0]]}}',
        f'{{"instances": [{"9" * 5000}]}}',
        f'{{"instances": [{"9" * 30}]}}',
        '{"instances": [[0]], "signature_name": "x"}',
    ],
)
def test_questions_of_another_form_are_refused(text):
    with pytest.raises(Problem) as caught:
        read("application/json", text.encode())
    assert caught.value.status == 400
    assert caught.value.reason


def test_true_is_not_a_number():
    body = json.dumps({"instances": np.zeros((1, 32, 32, 3), bool).tolist()})
    with pytest.raises(Problem, match="numbers wanted"):
        read("application/json", body.encode())


def test_request_ids_are_those_of_the_client_if_they_fit_into_a_log():
    assert telemetry.request_id("a-1.b_2") == "a-1.b_2"
    for given in (None, "", "a b", 'a"\n{', "x" * 65):
        made = telemetry.request_id(given)
        assert made != given
        assert telemetry.REQUEST_ID.fullmatch(made)


def test_a_log_record_is_one_line_of_json():
    record = logging.LogRecord("service", logging.INFO, "f", 1, "a\nb %s", ("c",), None)
    record.facts = {"status": 200}
    line = logs.JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line) | {"message": "a\nb c", "status": 200, "level": "info"} == (
        json.loads(line)
    )


def test_versions_are_ordered_as_numbers(tmp_path):
    for version in ("9", "10", "2", "notes"):
        (tmp_path / "cifar" / version).mkdir(parents=True)
    (tmp_path / "cifar" / "labels.json").write_text('["a"]')
    (tmp_path / "other").mkdir()
    assert list(contract.find_versions(tmp_path)["cifar"]) == ["2", "9", "10"]
    assert list(contract.find_versions(tmp_path)) == ["cifar"]
