"""Both REST services, with real servers and real requests on this machine.

Each test says what a client sees, so it is the same for both.
"""

import os
import re
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
import requests
import rest_api_models
from common import bad_requests
from common.client import Client, ServiceError
from common.load import finish_load, start_load, under_load
from common.running import Service
from PIL import Image
from rest_api_models import PATIENT

TOLERANCE = 1e-4
PREDICT = "/v1/models/cifar:predict"


def probabilities(predictions):
    return np.array([one["probabilities"] for one in predictions])


def ask(service, path=PREDICT, body=None, **headers):
    headers = {"X-API-Key": service.key, "Content-Type": "image/png", **headers}
    body = bad_requests.picture() if body is None else body
    return requests.post(service.address + path, body, headers=headers, timeout=60)


def counted(service):
    """Return how many requests for a prediction all workers have answered, by status."""
    text = requests.get(service.address + "/metrics", timeout=60).text
    route = re.escape(PREDICT.replace("cifar", "{model}"))
    pattern = rf'^service_requests_total{{route="{route}",status="(\d+)"}} (\S+)$'
    return {status: float(n) for status, n in re.findall(pattern, text, re.M)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for number, picture in enumerate(rest_api_models.pictures()):
        Image.fromarray(picture).save(folder / f"{number:04}.png")
    return folder


def wrong(load, version=2):
    """Return which answers are not those of the model."""
    right = rest_api_models.expected(version)
    return [
        answer
        for answer in load["answers"]
        if answer[1] != 200
        or answer[4] != str(version)
        or np.abs(np.array(answer[5]) - right[answer[0]]).max() > TOLERANCE
    ]


def test_each_version_answers_as_its_model_does(service):
    client = Client(service.address, service.key)
    assert client.versions() == ["1", "2"]
    asked = rest_api_models.pictures()[:20]
    for version in (1, 2):
        right = rest_api_models.expected(version)[:20]
        predictions = client.predict(asked, version=version)
        assert np.abs(probabilities(predictions) - right).max() < TOLERANCE
        labels = [rest_api_models.LABELS[row.argmax()] for row in right]
        assert [one["label"] for one in predictions] == labels
    newest = probabilities(client.predict(asked))
    assert np.abs(newest - rest_api_models.expected(2)[:20]).max() < TOLERANCE


def test_files_base64_and_numbers_get_the_same_answer(service, files):
    picture = rest_api_models.pictures()[7]
    right = rest_api_models.expected(2)[7]
    path = files / "0007.png"
    by_file = ask(service, body=path.read_bytes()).json()
    by_base64 = {"predictions": Client(service.address, service.key).predict([path])}
    url, headers = service.address + PREDICT, {"X-API-Key": service.key}
    question = {"instances": [picture.tolist()]}
    by_numbers = requests.post(url, json=question, headers=headers, timeout=60).json()
    for answer in (by_file, by_base64, by_numbers):
        assert np.abs(probabilities(answer["predictions"]) - right).max() < TOLERANCE
    assert by_file["version"] == "2"


@pytest.mark.parametrize("name", bad_requests.BAD)
def test_a_bad_request_gets_a_4xx_with_a_reason(service, name):
    bad = bad_requests.BAD[name]
    status, reason = bad_requests.send(service.address, service.key, bad)
    assert status == bad.status
    assert len(reason) > 10
    assert "Traceback" not in reason
    assert str(service.folder) not in reason
    assert ask(service).status_code == 200  # and the service lives


def test_a_slow_client_is_told_and_nobody_waits_for_it(service):
    slow = [bad_requests.Slow(service.address, service.key) for _ in range(20)]
    start = time.perf_counter()
    assert ask(service).status_code == 200
    assert time.perf_counter() - start < 2  # which is when the slow ones are told
    for one in slow:
        assert one.answer() == (408, "the body was not whole after 2 s")


def test_more_clients_than_places_are_all_answered_rightly_in_the_end(service, files):
    for _ in range(4):  # on a busy machine the clients may be too slow to fill it
        load = under_load(service.address, service.key, files, 600, 200, retry=True)
        assert len(load["answers"]) == 600
        assert wrong(load) == []
        if load["retries"]:
            break
    assert load["retries"] > 0  # two workers with 64 places each


def test_a_head_without_end_leaves_the_service_alive(framework, service):
    slow = [bad_requests.socket.create_connection(("127.0.0.1", service.port)) for _ in range(60)]
    for one in slow:
        one.sendall(b"POST /v1/models/cifar:predict HTTP/1.1\r\nX-")
    assert ask(service).status_code == 200
    if framework == "tensorflow":  # three seconds later its thread is free
        slow[0].settimeout(20)
        assert b"200" not in slow[0].recv(100)
    else:  # it holds a connection, but no thread
        slow[0].settimeout(4)
        with pytest.raises(TimeoutError):
            slow[0].recv(100)
    for one in slow:
        one.close()


def test_half_a_head_that_is_given_up_keeps_nobody_waiting(service):
    slow = [bad_requests.socket.create_connection(("127.0.0.1", service.port)) for _ in range(60)]
    try:
        for one in slow:
            one.sendall(b"POST /v1/models/cifar:predict HTTP/1.1\r\nX-")
        end, slowest = time.monotonic() + 8, 0.0
        while time.monotonic() < end:  # gunicorn gives them up meanwhile
            start = time.monotonic()
            assert ask(service).status_code == 200
            slowest = max(slowest, time.monotonic() - start)
    finally:
        for one in slow:
            one.close()
    assert slowest < 2


def test_a_request_keeps_its_id_in_the_answer_and_in_the_log(service):
    good = ask(service, **{"X-Request-ID": "ann-1"})
    bad = ask(service, body=b"no", **{"X-Request-ID": "ann-2"})
    assert [good.headers["X-Request-ID"], bad.json()["request_id"]] == ["ann-1", "ann-2"]
    made = ask(service).headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", made)
    lines = {name: service.line_of(name) for name in ("ann-1", "ann-2", made)}
    wanted = {"status": 200, "model": "cifar", "version": "2", "pictures": 1, "key": "reader"}
    assert lines["ann-1"] | wanted == lines["ann-1"]
    assert lines["ann-2"]["reason"] == bad.json()["error"]
    assert lines[made]["path"] == PREDICT
    assert service.key not in service.program.log.read_text("utf-8")


def test_metrics_count_what_all_workers_answer(service):
    before = counted(service)
    for _ in range(10):
        ask(service)
    ask(service, body=b"no")
    after = counted(service)
    assert after["200"] - before["200"] == 10
    assert after["400"] - before.get("400", 0) == 1


def test_who_runs_it_needs_no_key(service):
    for path, text in (("/healthz", '"live"'), ("/readyz", '"ready"'), ("/metrics", "# HELP")):
        reply = requests.get(service.address + path, timeout=60)
        assert reply.status_code == 200
        assert text in reply.text
    assert requests.get(f"{service.address}/v1/models/cifar", timeout=60).status_code == 401


def test_a_thousand_requests_from_fifty_clients_are_all_answered_rightly(service, files):
    load = under_load(service.address, service.key, files, 1000, 50)
    assert len(load["answers"]) == 1000
    assert wrong(load) == []


def test_both_workers_have_their_share_of_the_clients(service, files):
    if sys.platform != "linux":
        pytest.skip("it is Linux that spreads connections over the sockets of a port")
    before = len(service.lines())
    under_load(service.address, service.key, files, 1000, 50)
    time.sleep(0.5)
    lines = service.lines()[before:]
    shares = Counter(line["process"] for line in lines if line.get("status") == 200)
    assert len(shares) == 2
    assert min(shares.values()) > 150


def test_a_lone_client_does_not_wait_for_an_acknowledgement(service):
    with requests.Session() as session:
        session.headers.update({"X-API-Key": service.key, "Content-Type": "image/png"})
        url, body, times = service.address + PREDICT, bad_requests.picture(), []
        for _ in range(30):
            start = time.perf_counter()
            assert session.post(url, body, timeout=60).status_code == 200
            times.append(time.perf_counter() - start)
    assert min(times) < 0.038  # with Nagle's algorithm each takes 40 ms


def test_batches_form_under_load(service, files):
    def batches():
        text = requests.get(service.model_metrics, timeout=60).text
        found = dict(re.findall(r"^service_batch_rows_(sum|count) (\S+)", text, re.M))
        return np.array([float(found["sum"]), float(found["count"])])

    before = batches()
    under_load(service.address, service.key, files, 400, 50)
    pictures, calls = batches() - before
    assert pictures == 400
    assert calls < 400


def test_a_killed_worker_comes_back_and_no_answer_is_wrong(service, files):
    before = {one.pid for one in service.program.workers()}
    assert len(before) == 2
    answered = counted(service)["200"]
    process = start_load(service.address, service.key, files, 1000, 20, retry=True)
    time.sleep(0.5)
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    load = finish_load(process)
    assert len(load["answers"]) == 1000
    assert wrong(load) == []
    end = time.monotonic() + 60
    while len(after := {one.pid for one in service.program.workers()} - {killed}) < 2:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert len(after & before) == 1
    assert counted(service)["200"] >= answered + 990  # the dead one's, too
    assert ask(service).status_code == 200


def test_a_killed_model_server_comes_back(framework, service):
    if not service.backend:
        pytest.skip("the model is in the workers")
    (worker,) = service.programs[0].workers()
    worker.kill()
    statuses, end = [], time.monotonic() + 90
    while not statuses or statuses[-1] != 200:
        assert time.monotonic() < end
        statuses.append(ask(service).status_code)
    assert set(statuses) <= {200, 503, 504}  # never 500, and never another answer
    assert requests.get(f"{service.address}/readyz", timeout=60).ok


def test_the_stand_in_speaks_tf_servings_protocol(service):
    if not service.backend:
        pytest.skip("there is no model server")
    url = f"{service.backend}/v1/models/cifar"
    states = requests.get(url, timeout=60).json()["model_version_status"]
    assert [(one["version"], one["state"]) for one in states] == [
        ("2", "AVAILABLE"), ("1", "AVAILABLE"),
    ]  # fmt: skip
    assert states[0]["status"] == {"error_code": "OK", "error_message": ""}
    asked = rest_api_models.pictures()[:3]
    question = {"instances": asked.tolist()}
    for path, version in ((":predict", 2), ("/versions/1:predict", 1)):
        answer = requests.post(url + path, json=question, timeout=60).json()
        assert set(answer) == {"predictions"}
        right = rest_api_models.expected(version)[:3]
        assert np.abs(np.array(answer["predictions"]) - right).max() < TOLERANCE
    for path, body, status in (
        ("/versions/9:predict", question, 404),
        (":predict", {"instances": [[1]]}, 400),
        (":predict", {"inputs": 3}, 400),
    ):
        reply = requests.post(url + path, json=body, timeout=60)
        assert (reply.status_code, list(reply.json())) == (status, ["error"])


@pytest.fixture(scope="module")
def limited(framework, exported, tmp_path_factory):
    """Return a service with limits that a test can reach; the last test here ends it."""
    limits = {"most_waiting": 3, "rate": 20, "burst": 20, "workers": 1, "body_seconds": 30}
    folder = tmp_path_factory.mktemp("limited")
    with Service(framework, exported(framework), folder, **PATIENT | limits) as running:
        yield running


def test_a_full_service_refuses_instead_of_letting_a_queue_grow(limited):
    inside = [bad_requests.Slow(limited.address, limited.key) for _ in range(3)]
    time.sleep(0.5)
    reply = ask(limited)
    assert reply.status_code == 503
    assert reply.json()["error"] == "3 requests wait already: try again"
    assert reply.headers["Retry-After"] == "1"
    for one in inside:
        one.finish()
    assert [one.answer()[0] for one in inside] == [200, 200, 200]
    assert ask(limited).status_code == 200


def test_who_asks_too_often_is_told_when_to_come_again(limited):
    def ask_nothing(_):
        return ask(limited, body=b"").status_code

    with ThreadPoolExecutor(3) as pool:
        statuses = set(pool.map(ask_nothing, range(200)))
    assert statuses == {400, 429}
    while (reply := ask(limited, body=b"")).status_code != 429:
        pass
    assert reply.json()["error"] == "more than 20 requests per second with this key"
    assert reply.headers["Retry-After"] == "1"
    assert requests.get(f"{limited.address}/readyz", timeout=60).ok
    # the client waits as it is told, and gets its answer
    assert Client(limited.address, limited.key).predict([bad_requests.picture()])


def test_a_client_that_does_not_wait_hears_the_reason(limited):
    impatient = Client(limited.address, "sesame", attempts=1)
    with pytest.raises(ServiceError, match="401: the key in X-API-Key is not known"):
        impatient.predict([bad_requests.picture()])


def test_what_was_begun_is_finished_on_sigterm(limited):
    time.sleep(1)  # the bucket fills
    begun = [bad_requests.Slow(limited.address, limited.key) for _ in range(3)]
    time.sleep(0.5)
    workers = [one.pid for one in limited.program.workers()]
    limited.program.terminate()
    end = time.monotonic() + 20
    while limited.answers("/healthz", seconds=1):  # a moment later nobody new is let in
        assert time.monotonic() < end
        time.sleep(0.05)
    for one in begun:
        one.finish()
    assert [one.answer()[0] for one in begun] == [200, 200, 200]
    assert limited.program.process.wait(30) in (0, -signal.SIGTERM)
    assert not any(psutil.pid_exists(pid) for pid in workers)


def test_a_model_that_takes_too_long_is_a_504(framework, exported, tmp_path):
    options = {"workers": 1, "answer_seconds": 0.0005, "batch_wait": 0.3}
    with Service(framework, exported(framework), tmp_path, **PATIENT | options) as service:
        reply = ask(service)
        assert reply.status_code == 504
        assert reply.json()["error"] == "no answer after 0.0005 s"


def test_without_a_model_it_is_live_and_not_ready(framework, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    service = Service(framework, models, tmp_path / "run", workers=1)
    try:
        end = time.monotonic() + 60
        while not service.answers("/healthz"):
            assert time.monotonic() < end
            time.sleep(0.1)
        reply = requests.get(f"{service.address}/readyz", timeout=60)
        assert reply.status_code == 503
        assert reply.json()["error"]
    finally:
        service.stop()


def test_no_key_is_no_service(framework, exported, tmp_path):
    with pytest.raises(RuntimeError, match="no key is set"):
        Service(framework, exported(framework), tmp_path, keys="").__enter__()
