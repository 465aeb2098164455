"""The canary's programs together: a real nginx, real workers and users on this machine."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request

import numpy as np
import psutil
import pytest
from ab_testing_programs import PROJECT, controller, proxy, serving, traffic

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the programs are for Linux"),
    pytest.mark.skipif(
        not NGINX and not os.environ.get("CI"),
        reason="nginx is not installed: 'apt-get install nginx'",
    ),
]
# what it reads is written in the picture: the label, and how hard it is
WORKER = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np
from serving import serve

def load(file):
    def compute(pictures):
        labels, luck = pictures[:, 0, 0], pictures[:, 0, 1] / 255
        return np.eye(10)[np.where(luck < float(file), labels, labels + 1) % 10]
    return compute

serve("NumPy", load)
"""
SERVICES = {
    "good": "0.97,delay=0.006",
    "accuracy": "0.92,delay=0.006",
    "latency": "0.97,delay=0.006,slower=3",
    "errors": "0.97,delay=0.006,fail=0.05",
}


@contextlib.contextmanager
def worker(script, *services):
    """Start a worker; yield the process and the addresses."""
    guard = [sys.executable, str(PROJECT / "guard.py"), sys.executable]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([*guard, str(script), *services], text=True, **pipes)
    try:
        ports = json.loads(process.stdout.readline())
        yield process, [f"127.0.0.1:{port}" for port in ports]
    finally:
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("canary")
    pictures = rng.integers(0, 256, (3000, 28, 28), dtype=np.uint8)
    pictures[:, 0, 0] = labels = rng.integers(0, 10, 3000)
    orders = rng.integers(3000, size=(3000, 16))
    np.savez(folder / "forms.npz", pictures=pictures, labels=labels, forms=orders)
    (folder / "worker.py").write_text(WORKER.format(folder=str(PROJECT)), "utf-8")
    return folder


@pytest.fixture(scope="module")
def addresses(forms):
    """Return where each service listens."""
    names = ["stable", *SERVICES]
    with worker(forms / "worker.py", SERVICES["good"], *SERVICES.values()) as (_, found):
        yield dict(zip(names, found, strict=True))


@contextlib.contextmanager
def visiting(address, forms, visits):
    command = [sys.executable, str(PROJECT / "traffic.py"), address, str(forms / "forms.npz")]
    command += ["--visits", str(visits)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.communicate(timeout=60)


def wait_for_visits(front, users):
    """Wait until the log grows."""
    size = front.log.stat().st_size
    while users.poll() is None and front.log.stat().st_size == size:
        time.sleep(0.01)


@pytest.mark.parametrize("name", SERVICES)
def test_canary_is_led_to_its_end(name, addresses, forms, tmp_path):
    where = addresses["stable"], addresses[name]
    with (
        proxy.Proxy(tmp_path / name, *where, salt=f"{name}:") as front,
        visiting(front.address, forms, 2800) as users,
    ):
        leader = controller.Controller(front)
        decision = leader.run(seconds=90)
        told = json.loads(users.communicate(timeout=60)[0])
        url = f"{front.address}/dashboard/state.json"
        with urllib.request.urlopen(url, timeout=10) as answer:
            state = json.load(answer)
    wanted = ("promoted", "not worse than the margin") if name == "good" else ("rolled back", name)
    assert (decision.verdict, decision.reason) == wanted
    assert decision.users <= 2000
    assert "lost" not in told
    assert state["verdict"] == decision.verdict
    assert state["weight"] == (1.0 if name == "good" else 0.0)
    assert all(
        proxy.gets_canary(line["user"], line["weight"], front.salt) == (line["version"] == "canary")
        for line in leader.log.lines
    )


def test_controller_alone_takes_a_canary_back_and_goes_on_serving(addresses, forms, tmp_path):
    command = [sys.executable, str(PROJECT / "controller.py"), str(tmp_path / "canary")]
    command += ["--stable", addresses["stable"], "--canary", addresses["errors"]]
    command += ["--port", str(proxy.free_port()), "--salt", "errors:", "--seconds", "90"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = program.stdout.readline().removesuffix("/dashboard/\n")
        with visiting(address, forms, 2800):
            assert program.stdout.readline() == "rolled back: errors\n"
        with urllib.request.urlopen(f"{address}/dashboard/", timeout=10) as answer:
            assert b"<title>Canary" in answer.read()
    finally:
        program.terminate()
        program.communicate(timeout=30)
    assert program.returncode == 0
    assert not (tmp_path / "canary" / "nginx.pid").exists()  # nginx removes it at its end


def test_reloads_lose_nothing_and_restarts_do(addresses, forms, tmp_path):
    where = addresses["stable"], addresses["good"]
    with proxy.Proxy(tmp_path / "front", *where) as front:
        with visiting(front.address, forms, 600) as users:
            for weight in (0.1, 0.5, 0.9, 0.0, 1.0, 0.3):
                wait_for_visits(front, users)
                front.set_weight(weight)
            assert users.poll() is None  # all of it was under load
            told = json.loads(users.stdout.read())
        assert told == {"200": 600, "204": 600}
        with visiting(front.address, forms, 600) as users:
            wait_for_visits(front, users)
            front.end()
            front.start()
            told = json.loads(users.stdout.read())
    assert told["lost"] > 0


def test_everything_ends_with_who_started_it(addresses, tmp_path):
    where = addresses["stable"], addresses["good"]
    program = f"""
import sys, time
sys.path.insert(0, {str(PROJECT)!r})
from proxy import Proxy
Proxy({str(tmp_path / "front")!r}, *{where!r}).start()
print("started", flush=True)
time.sleep(600)
"""
    command = [sys.executable, "-c", program]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "started\n"
    nginx = psutil.Process(int((tmp_path / "front" / "nginx.pid").read_text()))
    parent.kill()
    parent.communicate()
    nginx.wait(timeout=20)


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"x" * 783, 400), (b"x" * 784 * 65, 400), (bytes(784 * 64), 200)],
)
def test_worker_takes_pictures_alone(addresses, body, status):
    port = int(addresses["good"].partition(":")[2])
    asked = traffic.Traffic(port, {})
    found, told = asked.ask("POST", "/predict", "ann", body)
    assert found == status
    assert ("wanted" in json.loads(told).get("error", "")) == (status == 400)
    assert asked.ask("GET", "/ready", "ann")[0] == 200


def test_users_visit_this_machine_alone(forms):
    command = [sys.executable, str(PROJECT / "traffic.py"), "http://example.com:80"]
    done = subprocess.run(
        [*command, str(forms / "forms.npz")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "this machine" in done.stderr


def test_every_tenth_visit_is_by_somebody_known():
    visits = list(traffic.visitors(1000, 3000))
    assert len(set(visits)) == 900
    assert visits == list(traffic.visitors(1000, 3000))


@pytest.mark.parametrize("text", ["a.npz,speed=3", "a.npz,delay=slow"])
def test_service_refuses_what_it_does_not_know(text):
    with pytest.raises(ValueError, match=r"speed|slow"):
        serving.Service.read(text)


def test_dashboard_shows_the_verdict(browser, server):
    folder, address = server
    shutil.copy(PROJECT / "dashboard.html", folder / "index.html")
    state = {"verdict": "rolled back", "reason": "latency", "weight": 0.0, "margin": 0.02}
    state |= {"counted": 3, "canary": 1, "users": [1, 2, 3], "weights": [0.01, 0.01, 0.05]}
    state |= {"lower": [-0.5, -0.3, -0.1], "upper": [0.5, 0.3, 0.1]}
    state |= {"rings": {"accuracy": False, "errors": False, "latency": True, "ratio": False}}
    (folder / "state.json").write_text(json.dumps(state), "utf-8")
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    page.wait_for_selector("#picture .band")
    assert page.inner_text("#verdict") == "rolled back (slow answers)."
    assert "3 users counted" in page.inner_text("#counts")
    assert page.locator("[data-rings=true]").all_inner_texts() == ["slow answers: alarm"]
    assert page.locator("#picture .stage").count() == 2
    page.close()
