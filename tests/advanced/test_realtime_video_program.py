"""The program as a process: a real server, a real browser, real films."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner
from realtime_video_stand_ins import PROJECT, network_camera, pictures, write_film, write_model

av = pytest.importorskip("av", reason="the extra 'video' is not installed")
pytest.importorskip("onnxruntime", reason="the extra 'video' is not installed")

SCHEMA = Path(__file__).with_name("deployment.schema.json")  # of the fields that are documented


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("program")
    write_film(folder / "film.mp4", pictures(40))
    write_model(folder)
    return folder


def start(folder, source, *options):
    command = [PROJECT / "app.py", source, "--model", folder / "detector.onnx", *options]
    return subprocess.Popen(
        [sys.executable, *map(str, command), "--end-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def program(folder):
    """Return a function that starts the program and returns its address; it is ended here."""
    started = []

    def begin(source, *options):
        process = start(folder, source, *options)
        started.append(process)
        line = process.stdout.readline()
        assert line, process.stderr.read()
        return json.loads(line)["address"], process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def get(address, path):
    with urllib.request.urlopen(address + path, timeout=20) as answer:
        return answer.read()


def end(process):
    """End a program by its standard input; return its exit code, figures and messages."""
    out, messages = process.communicate("", timeout=60)
    return process.returncode, json.loads(out.splitlines()[-1]), messages


def test_a_film_is_annotated_and_recorded(folder, tmp_path):
    record = tmp_path / "out.mp4"
    options = ["--unpaced", "--record", record, "--line", "0.5,0,0.5,1", "--classes", "disc"]
    process = start(folder, folder / "film.mp4", *options)
    process.stdout.readline()
    process.wait(60)
    code, figures, messages = end(process)
    assert (code, messages) == (0, "")
    assert figures["shown"] == figures["captured"] == 40
    assert figures["tracks"] == 1  # the stand-in sees one thing, which stays
    with av.open(str(record)) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 40
    assert abs(frames[20].astype(int) - pictures(40)[20]).max() > 60  # something is drawn


def test_the_stream_has_pictures_and_times(folder, program):
    address, process = program(folder / "film.mp4", "--repeat")
    assert get(address, "/health") == b"ok\n"
    with urllib.request.urlopen(f"{address}/stream", timeout=20) as stream:
        head = b"".join(stream.readline() for _ in range(5)).decode()
        assert "image/jpeg" in head and "X-Captured" in head
        assert stream.read(2) == b"\xff\xd8"
    figures = json.loads(get(address, "/figures"))
    assert figures["shown"] >= 1
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(address, "/passwords")
    if sys.platform != "win32":  # as a container is stopped; the other tests close the input
        process.terminate()
        process.wait(60)
    code, figures, _ = end(process)
    assert code == 0
    assert figures["captured"] == figures["shown"] + figures["dropped"]


def test_the_page_plays_in_a_browser(folder, program, browser):
    address, process = program(folder / "film.mp4", "--repeat", "--line", "0.5,0,0.5,1")
    context = browser.new_context()
    tab = context.new_page()
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(address, wait_until="commit")
    tab.wait_for_function("document.querySelector('img').naturalWidth > 0")
    rows = "[...document.querySelectorAll('#figures tr')]"
    row = f"{rows}.find(row => row.textContent.includes('frames shown'))"
    shown = f"Number({row}?.lastChild.textContent)"
    tab.wait_for_function(f"{shown} > 5")
    first = tab.evaluate(shown)
    tab.wait_for_function(f"{shown} > {first}")
    before = tab.locator("img").screenshot()
    tab.wait_for_timeout(500)
    assert tab.locator("img").screenshot() != before  # it moves
    end(process)
    tab.get_by_text("The server has ended.").wait_for(timeout=10_000)
    context.close()
    assert errors == []


def test_a_network_camera_that_fails_is_told_and_what_it_sent_is_kept(program, tmp_path):
    record = tmp_path / "out.mp4"
    with network_camera() as camera:
        options = ["--patience", "1", "--attempts", "1", "--record", record]
        _, process = program(f"{camera}/broken", *options)
        process.wait(60)
    code, figures, messages = end(process)
    assert code == 1  # it gave up at last
    assert "broke off" in messages and "That was the last attempt." in messages
    assert figures["messages"] == messages.splitlines()
    with av.open(str(record)) as film:
        assert sum(1 for _ in film.decode(video=0)) == figures["shown"] > 20


@pytest.mark.parametrize(
    ("source", "options", "sentence"),
    [
        ("film.mp4", ["--classes", "unicorn"], "does not know unicorn"),
        ("film.mp4", ["--line", "1,2"], "A line is four numbers"),
        ("none.mp4", [], "cannot be opened"),
    ],
)
def test_a_mistake_is_a_sentence(folder, source, options, sentence):
    process = start(folder, folder / source, *options)
    process.wait(60)
    _, messages = process.communicate("", timeout=60)
    assert process.returncode in {1, 2}
    assert sentence in messages
    assert "Traceback" not in messages


def test_a_model_of_another_kind_is_refused(folder, tmp_path):
    (tmp_path / "model.h5").write_bytes(b"")
    command = [sys.executable, PROJECT / "app.py", "x", "--model", tmp_path / "model.h5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "none of .pt2" in done.stderr


def test_manifest_fits_the_schema(fits):
    done = fits((PROJECT / "kubernetes.yaml").read_text("utf-8"), SCHEMA)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("apps/v1", "v1"),
        ("replicas:", "replica:"),
        ("type: Recreate", "type: Replace"),
        ("port: 8000", "port: 80000"),
        ("memory: 256Mi", "memory: 256MB"),
        ("path: /health", "path: health"),
        ("claimName", "claim"),
    ],
)
def test_schema_check_can_fail(right, wrong, fits):
    text = (PROJECT / "kubernetes.yaml").read_text("utf-8")
    assert right in text
    assert fits(text.replace(right, wrong), SCHEMA).exit_code == 1


def test_containers_are_described_as_published():
    schema = ["--builtin-schema", "vendor.compose-spec", str(PROJECT / "compose.yaml")]
    done = CliRunner().invoke(check_jsonschema.main, schema)
    assert done.exit_code == 0, done.output
    (service,) = yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8"))["services"].values()
    assert service["ports"] == ["127.0.0.1:8000:8000"]
    deployment, service = yaml.safe_load_all((PROJECT / "kubernetes.yaml").read_text("utf-8"))
    assert deployment["spec"]["replicas"] == 1
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]


def test_the_container_has_every_file_that_the_program_imports():
    dockerfile = (PROJECT / "Dockerfile").read_text("utf-8")
    copied = {word for word in dockerfile.split() if word.endswith(".py")}
    needed = {file.name for file in PROJECT.glob("*.py")} - {
        "demo.py",
        "engine_pytorch.py",
        "engine_tensorflow.py",
    }
    assert needed <= copied
