"""What Flask's service makes of a model server that fails, in each way that it can."""

import contextlib
import http.server
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from common.problems import Problem
from common.settings import Settings
from tensorflow_service.backend import STATUS_SECONDS, Backend

PICTURES = np.zeros((2, 32, 32, 3), np.uint8)


@pytest.fixture
def server():
    """Return a model server that answers as it is told: `told.answers`, one for each request."""
    told = SimpleNamespace(answers=[], asked=[])

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            length = int(self.headers.get("Content-Length", 0))
            told.asked.append((self.command, self.path, self.rfile.read(length)))
            answer = told.answers.pop(0)
            if isinstance(answer, threading.Event):
                answer.wait(10)
                answer = told.answers.pop(0)
            if answer == "close":
                self.close_connection = True
                return
            if answer == "sleep":
                time.sleep(1)
                answer = 200, {}
            status, body = answer
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    settings = Settings(backend=f"http://127.0.0.1:{httpd.server_port}", answer_seconds=0.3)
    told.backend = Backend(settings)
    yield told
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def states(**versions):
    found = [{"version": key[1:], "state": state} for key, state in versions.items()]
    return 200, {"model_version_status": found}


def problem(call, *words):
    with pytest.raises(Problem) as caught:
        call(*words)
    return caught.value.status, caught.value.reason


def test_versions_that_can_be_asked_are_ordered_and_believed_for_a_second(server):
    server.answers = [states(v10="AVAILABLE", v9="AVAILABLE", v11="LOADING", v2="END")]
    assert server.backend.versions("cifar") == ["9", "10"]
    assert server.backend.version("cifar", None) == "10"
    assert server.backend.version("cifar", "9") == "9"
    assert problem(server.backend.version, "cifar", "11")[0] == 404
    assert len(server.asked) == 1


def test_when_the_versions_are_old_one_request_asks_and_the_others_do_not_wait(server):
    go = threading.Event()
    server.answers = [go, states(v2="AVAILABLE")]
    server.backend.known["cifar"] = time.monotonic() - STATUS_SECONDS, ["1"]
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(server.backend.versions, "cifar")
        while not server.asked:
            time.sleep(0.001)
        assert server.backend.versions("cifar") == ["1"]
        go.set()
        assert asking.result(10) == ["2"]
    assert server.backend.versions("cifar") == ["2"]
    assert len(server.asked) == 1


def test_versions_that_could_not_be_asked_for_are_not_believed_any_longer(server):
    server.answers = [(500, {}), states(v2="AVAILABLE")]
    server.backend.known["cifar"] = time.monotonic() - STATUS_SECONDS, ["1"]
    found = problem(server.backend.versions, "cifar")
    assert found == (503, "the model server is not ready")
    assert server.backend.versions("cifar") == ["2"]


def test_a_model_that_is_being_loaded_is_asked_for_again(server):
    server.answers = [states(v1="LOADING"), states(v1="AVAILABLE")]
    assert problem(server.backend.version, "cifar", None) == (503, "cifar is being loaded")
    assert server.backend.version("cifar", None) == "1"


def test_a_prediction_is_an_array(server):
    server.answers = [(200, {"predictions": [[0.25, 0.75], [1, 0]]})]
    found = server.backend.predict("cifar", "1", PICTURES)
    assert found.tolist() == [[0.25, 0.75], [1, 0]]
    ((method, path, body),) = server.asked
    assert (method, path) == ("POST", "/v1/models/cifar/versions/1:predict")
    assert np.array(json.loads(body)["instances"]).shape == PICTURES.shape


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ((404, {"error": "x"}), 503, "version 1 of cifar is not there just now"),
        ((429, {}), 503, "the model server is full"),
        ((503, {}), 503, "the model server is full"),
        ("sleep", 504, "no answer after 0.3 s"),
    ],
)
def test_what_fails_is_said_in_the_contracts_words(server, answer, status, reason):
    server.answers = [answer]
    assert problem(server.backend.predict, "cifar", "1", PICTURES) == (status, reason)


def test_a_version_that_has_gone_is_not_believed_to_be_there(server):
    server.answers = [states(v1="AVAILABLE"), (404, {}), states(v2="AVAILABLE")]
    assert server.backend.version("cifar", None) == "1"
    assert problem(server.backend.predict, "cifar", "1", PICTURES)[0] == 503
    assert server.backend.version("cifar", None) == "2"


def test_a_connection_that_has_ended_is_tried_once_more(server):
    server.answers = ["close", (200, {"predictions": [[1.0]]})]
    assert server.backend.predict("cifar", "1", PICTURES).tolist() == [[1.0]]
    server.answers = ["close", "close"]
    found = problem(server.backend.predict, "cifar", "1", PICTURES)
    assert found == (503, "the model server is not there")


def test_what_the_model_server_finds_wrong_is_our_fault(server):
    server.answers = [(400, {"error": "no"})]
    with pytest.raises(RuntimeError, match="the model server says"):
        server.backend.predict("cifar", "1", PICTURES)


def test_a_server_that_is_not_there_is_a_503():
    backend = Backend(Settings(backend="http://127.0.0.1:9"))
    found = problem(backend.predict, "cifar", "1", PICTURES)
    assert found == (503, "the model server is not there")
    assert problem(backend.versions, "cifar")[0] == 503
