"""What the lesson on production pipelines compiles for a cluster: complete, and as its schema says.

The lesson checks its own files in each run. Here they are made from its cells without running the
pipelines, and looked at more closely.
"""

import json
import subprocess

import nbformat
import pytest
import yaml

from sidebyside.checkout import ROOT
from sidebyside.lessons.extras import environments

LESSON = ROOT / "notebooks" / "3_advanced"
COMPILE = {
    "kfp": """
import ratings
from kfp import compiler, components
compiler.Compiler().compile(ratings.ratings, "pipeline.yaml")
print(sorted(components.load_component_from_file("pipeline.yaml").component_spec.inputs))
""",
    "tfx": """
import ratings
from components import tfx
raw, found = ratings.beginning("source")
names = "schema", "reference", "serving"
given = {name: name for name in names} | {"most_change": 0.1, "least_accuracy": 0.5}
given |= {"epochs": 1, "rate": 0.1}
given |= {name: f"modules/{name}.py" for name in ("preprocessing", "trainer")}
nodes = [raw, found, *ratings.rest(raw, found, given)]
pipeline = tfx.dsl.Pipeline("ratings", pipeline_root="root", components=nodes)
kubeflow = tfx.orchestration.experimental
config = kubeflow.KubeflowV2DagRunnerConfig(use_pipeline_spec_2_1=True)
kubeflow.KubeflowV2DagRunner(config, ".", "pipeline.yaml").run(pipeline)
""",
}
STAGES = {"ingest", "summarise", "validate", "transform", "train", "evaluate", "push"}


@pytest.fixture(scope="module", params=COMPILE)
def compiled(request, tmp_path_factory):
    """Return a folder with a compiled pipeline, and the Python that compiled it."""
    name = request.param
    python = environments() / f".venv-{name}" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"make .venv-{name}/installed")
    folder = tmp_path_factory.mktemp(name)
    side = {"kfp": "pytorch", "tfx": "tensorflow"}[name]
    notebook = nbformat.read(LESSON / f"04_production_pipelines_{side}.ipynb", 4)
    for cell in notebook.cells:
        head, _, text = cell.source.removeprefix("%%capture\n").partition("\n")
        if cell.cell_type == "code" and head.startswith("%%writefile {folder}/"):
            file = folder / head.removeprefix("%%writefile {folder}/")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text + "\n", "utf-8")
    (folder / "stages.py").write_text("# the stages\n", "utf-8")
    subprocess.run([python, "-c", COMPILE[name]], cwd=folder, check=True, timeout=300)
    return folder, python


def misfit(compiled, text):
    folder, python = compiled
    options = {"cwd": folder, "text": True, "capture_output": True, "check": True}
    return subprocess.run([python, "check.py"], input=text, **options).stdout


def test_it_fits_the_schema_and_the_check_can_fail(compiled):
    text = (compiled[0] / "pipeline.yaml").read_text("utf-8")
    assert misfit(compiled, text) == ""
    wrong = text.replace("schemaVersion:", "schemaVersions:")
    assert "schemaVersions" in misfit(compiled, wrong)


def test_it_has_every_stage_with_an_image_and_a_command(compiled):
    spec = yaml.safe_load((compiled[0] / "pipeline.yaml").read_text("utf-8"))
    executors = spec["deploymentSpec"]["executors"]
    containers = {name: one["container"] for name, one in executors.items() if "container" in one}
    assert set(map(stage_of, containers)) >= STAGES
    assert all(one["image"] for one in containers.values())
    assert all(one.get("command") or one.get("args") for one in containers.values())


def stage_of(executor):
    """Return the stage in an executor's name: exec-train, train_executor."""
    return executor.removeprefix("exec-").removesuffix("_executor")


def test_it_names_no_folder_of_this_machine(compiled):
    text = (compiled[0] / "pipeline.yaml").read_text("utf-8")
    assert str(compiled[0]) not in text
    assert str(ROOT) not in json.dumps(yaml.safe_load(text))
