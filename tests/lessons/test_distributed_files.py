"""The manifests of the lesson on distributed training fit their schema, and keep their promises."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
import yaml

from sidebyside.checkout import ROOT
from sidebyside.frameworks import FRAMEWORKS

FOLDER = ROOT / "notebooks" / "3_advanced" / "02_distributed_training"
MANIFESTS = sorted(FOLDER.glob("*.yaml"))
SCHEMA = Path(__file__).with_name("kubernetes.schema.json")  # of the fields that are documented


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_manifest_fits_the_schema(manifest, fits):
    done = fits(manifest.read_text("utf-8"), SCHEMA)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("trainjob", "numNodes:", "nodes:"),
        ("trainjob", "numProcPerNode: 4", "numProcPerNode: four"),
        ("trainjob", "v1alpha1", "v2alpha1"),
        ("tf-config", "completionMode: Indexed", "completionMode: Numbered"),
        ("tf-config", "port: 2222", "port: 222222"),
        ("tf-config", "restartPolicy: OnFailure", "restartPolicy: Always"),
    ],
)
def test_schema_check_can_fail(name, right, wrong, fits):
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    assert right in text
    assert fits(text.replace(right, wrong), SCHEMA).exit_code == 1


@pytest.fixture(scope="module")
def parts():
    text = (FOLDER / "tf-config.yaml").read_text("utf-8")
    return {part["kind"]: part for part in yaml.safe_load_all(text)}


@pytest.mark.skipif(os.name != "posix" or not shutil.which("sh"), reason="there is no sh")
def test_each_worker_gets_a_configuration_that_names_all(parts):
    job, service = parts["Job"], parts["Service"]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    shell, option, line = container["command"]
    assert line.endswith("exec python train.py")
    told = line.replace("exec python train.py", 'printf %s "$TF_CONFIG"')
    (port,) = service["spec"]["ports"]
    for index in range(job["spec"]["completions"]):
        variables = os.environ | {"JOB_COMPLETION_INDEX": str(index)}
        command = [shell, option, told]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        name, domain = job["metadata"]["name"], service["metadata"]["name"]
        names = [f"{name}-{n}.{domain}" for n in range(job["spec"]["completions"])]
        assert json.loads(done.stdout) == {
            "cluster": {"worker": [f"{host}:{port['port']}" for host in names]},
            "task": {"type": "worker", "index": index},
        }


def test_service_finds_the_pods_of_the_job(parts):
    job, service = parts["Job"], parts["Service"]
    pod = job["spec"]["template"]["spec"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"batch.kubernetes.io/job-name": job["metadata"]["name"]}
    assert pod["subdomain"] == service["metadata"]["name"]
    assert job["spec"]["parallelism"] == job["spec"]["completions"]  # all wait for all
    (container,) = pod["containers"]
    assert container["ports"] == [{"containerPort": service["spec"]["ports"][0]["port"]}]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_lesson_shows_the_file_as_it_is(framework, manifest):
    notebook = nbformat.read(FOLDER.parent / f"{FOLDER.name}_{framework}.ipynb", 4)
    source = next(cell.source for cell in notebook.cells if cell.id == "cluster-intro")
    assert manifest.read_text("utf-8").strip() in source
