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


DEFAULTS = {
    "kfp": """
import inspect
from kfp import local
print(inspect.signature(local.init).parameters["enable_caching"].default)
""",
    "tfx": """
import inspect
from tfx import v1 as tfx
print(inspect.signature(tfx.dsl.Pipeline).parameters["enable_cache"].default)
""",
}
PACKED_TWICE = """
import importlib, time
import components
from kfp import compiler
texts = []
for _ in range(2):
    importlib.reload(components)  # packs the module
    compiler.Compiler().compile(components.ingest, "ingest.yaml")
    texts.append(open("ingest.yaml").read())
    time.sleep(1.1)  # the archive has seconds
print(texts[0] != texts[1], len(texts[0].splitlines()) == len(texts[1].splitlines()))
"""
SLICES = """
from tensorflow_model_analysis.evaluators import metrics_validator
from tensorflow_model_analysis.metrics.metric_types import MetricKey
from tensorflow_model_analysis.proto import config_pb2
least = config_pb2.MetricThreshold(
    value_threshold=config_pb2.GenericValueThreshold(lower_bound={"value": 0.5})
)
of_all = config_pb2.PerSliceMetricThreshold(
    slicing_specs=[config_pb2.SlicingSpec()], threshold=least
)
for limits in {"threshold": least}, {"per_slice_thresholds": [of_all]}:
    metric = config_pb2.MetricConfig(class_name="BinaryAccuracy", **limits)
    config = config_pb2.EvalConfig(
        model_specs=[config_pb2.ModelSpec(label_key="liked")],
        slicing_specs=[config_pb2.SlicingSpec(), config_pb2.SlicingSpec(feature_keys=["genre"])],
        metrics_specs=[config_pb2.MetricsSpec(metrics=[metric])],
    )
    small = (("genre", "War"),), {MetricKey(name="binary_accuracy"): 0.2}
    print(metrics_validator.validate_metrics(small, config).validation_ok)
"""


def said(compiled, code):
    """Return the words that a program of an environment prints."""
    folder, python = compiled
    options = {"cwd": folder, "text": True, "capture_output": True, "timeout": 120}
    return subprocess.run([python, "-c", code], check=True, **options).stdout.split()


def only_for(compiled, name):
    if f".venv-{name}" not in compiled[1].parts:
        pytest.skip(f"it is about {name}")


def test_the_caches_are_off_unless_asked_for(compiled):
    (name,) = [name for name in DEFAULTS if f".venv-{name}" in compiled[1].parts]
    assert said(compiled, DEFAULTS[name]) == ["False"]


def test_packing_a_module_twice_gives_different_bytes(compiled):
    only_for(compiled, "kfp")
    assert said(compiled, PACKED_TWICE) == ["True", "True"]


def test_a_threshold_holds_for_every_slice_unless_slices_are_named(compiled):
    only_for(compiled, "tfx")
    assert said(compiled, SLICES) == ["False", "True"]
