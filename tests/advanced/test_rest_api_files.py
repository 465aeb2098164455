"""The REST services' images and manifests: small, and fit for their schemas.

Where there is a Docker daemon, the images are built and run, too.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec

import check_jsonschema
import kubernetes_validate
import pytest
import requests
import yaml
from click.testing import CliRunner
from dockerfiles import bases, installed, instructions

from sidebyside.checkout import ROOT

PROJECT = ROOT / "advanced" / "rest_api"
FRAMEWORKS = ("pytorch", "tensorflow")
KUBERNETES = ("1.32", "1.37")  # the oldest and the newest that the manifests are for
COMPOSE_SCHEMA = ["--builtin-schema", "vendor.compose-spec"]


def folder_of(framework):
    return PROJECT / f"{framework}_service"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_image_is_pinned_small_not_root_and_says_how_it_is(framework):
    file = folder_of(framework) / "Dockerfile"
    found = instructions(file)
    assert len(bases(file)) == 2  # what was needed to install is not in the second
    words = [word for word, _ in found]
    last = words[len(words) - words[::-1].index("FROM") :]
    assert "RUN" not in last[1:]  # after the user was made: nothing is installed in it
    users = [rest for word, rest in found if word == "USER"]
    assert users == ["10001"]
    assert last.index("USER") < last.index("CMD")
    (health,) = [rest for word, rest in found if word == "HEALTHCHECK"]
    assert "/readyz" in health
    command = found[-1]
    assert command[0] == "CMD"
    assert isinstance(json.loads(command[1]), list)  # no shell: SIGTERM reaches the server
    installs = " ".join(rest for word, rest in found if word == "RUN")
    assert "--require-hashes" in installs
    assert re.search(r"pip install --no-cache-dir uv==\d", installs)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_image_has_what_its_service_imports_and_no_more(framework):
    lock = (folder_of(framework) / "requirements.txt").read_text("utf-8")
    names = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert not {"torch", "tensorflow", "keras", "schemathesis"} & names
    wanted = (folder_of(framework) / "requirements.in").read_text("utf-8")
    asked = re.findall(r"^([a-z0-9-]+)>=", wanted, re.MULTILINE)
    assert set(asked) <= names
    assert all("--hash=sha256:" in part for part in lock.split("\n\n") if "==" in part)


def test_the_image_of_pytorch_installs_torch():
    names = installed(folder_of("pytorch") / "Dockerfile")
    assert "torch" in [name.split("==")[0] for name in names]  # the version: test_dockerfiles.py


def test_the_builders_context_has_no_notebook_and_no_data():
    lines = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    assert all(rule.startswith("!") for rule in rules[1:])
    assert not any("ipynb" in rule for rule in rules)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_compose_file_fits_its_schema_and_locks_the_service_in(framework):
    file = folder_of(framework) / "compose.yaml"
    done = CliRunner().invoke(check_jsonschema.main, [*COMPOSE_SCHEMA, str(file)])
    assert done.exit_code == 0, done.output
    services = yaml.safe_load(file.read_text("utf-8"))["services"]
    service = services["service"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    for one in services.values():
        assert all(volume["read_only"] for volume in one["volumes"])
        assert one["mem_limit"]
        assert re.fullmatch(r"[\w/-]+:\d+\.\d+\.\d+", one["image"])


def manifests(framework):
    text = (folder_of(framework) / "kubernetes.yaml").read_text("utf-8")
    return {one["kind"]: one for one in yaml.safe_load_all(text)}


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_manifests_fit_the_schemas_of_kubernetes(framework, version):
    found = manifests(framework)
    assert set(found) == {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
    for manifest in found.values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_manifest_with_a_wrong_word_does_not_fit():
    manifest = manifests("pytorch")["Deployment"]
    manifest["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, KUBERNETES[-1], strict=True)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_pod_has_probes_resources_and_time_to_end(framework):
    found = manifests(framework)
    pod = found["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    first, *others = pod["containers"]
    paths = {kind: first[kind]["httpGet"]["path"] for kind in first if kind.endswith("Probe")}
    assert paths == {
        "startupProbe": "/readyz",
        "readinessProbe": "/readyz",
        "livenessProbe": "/healthz",
    }
    for container in (first, *others):
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert "memory" in container["resources"]["limits"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pause + 10 < pod["terminationGracePeriodSeconds"]
    scaler = found["HorizontalPodAutoscaler"]["spec"]
    assert scaler["scaleTargetRef"]["name"] == found["Deployment"]["metadata"]["name"]
    assert 1 < scaler["minReplicas"] < scaler["maxReplicas"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_selectors_and_names_fit_together(framework):
    found = manifests(framework)
    spec = found["Deployment"]["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    (port,) = found["Service"]["spec"]["ports"]
    container = spec["template"]["spec"]["containers"][0]
    assert port["targetPort"] in [one["name"] for one in container["ports"]]
    mounted = {one["name"] for one in container["volumeMounts"]}
    assert mounted <= {one["name"] for one in spec["template"]["spec"]["volumes"]}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_settings_in_the_files_are_settings_of_the_service(framework):
    from common.settings import from_environment

    files = ("compose.yaml", "kubernetes.yaml", "Dockerfile")
    text = "".join((folder_of(framework) / name).read_text("utf-8") for name in files)
    names = set(re.findall(r"SERVICE_[A-Z_]+", text))
    assert names
    from_environment(dict.fromkeys(names, "1"))


def stored(framework, step):
    """Return what a notebook's step has printed in the run that is stored."""
    notebook = json.loads((PROJECT / f"rest_api_{framework}.ipynb").read_text("utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == step]
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])


def test_both_services_refuse_in_the_same_words():
    words = [stored(framework, "ask-badly") for framework in FRAMEWORKS]
    assert words[0] == words[1]
    assert len(words[0].splitlines()) == 21


def test_the_picture_shows_what_the_notebooks_have_measured():
    import draw

    for framework in FRAMEWORKS:
        rows = draw.stored(framework)
        assert [int(row[0]) for row in rows] == [1, 2, 4, 8, 16, 32, 50, 100]
        best = max(row[1] for row in rows)
        text = stored(framework, "find-saturation")
        assert abs(float(re.search(r"most: (\d+)", text)[1]) - best) <= 1
    assert (PROJECT / "load.png").is_file()


def test_mypy_finds_nothing_in_the_services():
    for needed in ("torch", "tensorflow", "mypy"):
        if find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    packages = [word for name in ("common", "pytorch_service", "tensorflow_service")
                for word in ("--package", name)]  # fmt: skip
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "MYPYPATH": "."}
    done = subprocess.run(
        [*command, *packages], cwd=PROJECT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def docker():
    """Return a function that runs docker; skip where there is no daemon."""
    program = shutil.which("docker")
    if program is None or subprocess.run([program, "info"], capture_output=True).returncode:
        pytest.skip("No Docker daemon is running: the images are neither built nor run.")

    def run(*words, **options):
        done = subprocess.run([program, *words], capture_output=True, text=True, **options)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()

    return run


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_image_is_built_and_answers(framework, docker, exported, tmp_path):
    from common.access import hashed
    from common.client import Client
    from common.running import free_port

    file, name = folder_of(framework) / "compose.yaml", f"sidebyside-{framework}-{os.getpid()}"
    port = free_port()
    text = file.read_text("utf-8").replace("127.0.0.1:8000:", f"127.0.0.1:{port}:")
    changed = file.with_name(f".compose-{os.getpid()}.yaml")
    changed.write_text(text, "utf-8")
    environment = {**os.environ, "MODELS": str(exported(framework)), "KEYS": f"a:{hashed('k')}"}
    compose = ["compose", "--project-name", name, "--file", str(changed)]
    address = f"http://127.0.0.1:{port}"
    try:
        docker(*compose, "up", "--build", "--wait", "--detach", env=environment, timeout=1800)
        from rest_api_models import expected, pictures

        answers = Client(address, "k").predict(pictures()[:4])
        for answer, right in zip(answers, expected(2), strict=False):
            assert abs(max(right) - answer["probability"]) < 1e-4
        container = docker(*compose, "ps", "--quiet", "service", env=environment)
        assert docker("exec", container, "id", "-u") == "10001"
        size = int(
            docker("image", "inspect", "--format", "{{.Size}}", f"classifier-{framework}:1.0.0")
        )
        assert size < {"pytorch": 1.5e9, "tensorflow": 3e8}[framework]
        start = time.monotonic()
        docker("stop", "--time", "30", container)
        assert time.monotonic() - start < 25  # it ended by itself
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=5)
    finally:
        changed.unlink()
        subprocess.run(
            ["docker", *compose, "down", "--volumes"], env=environment, capture_output=True
        )
