"""The manifests and images of the project on A/B testing fit their schemas, and its plan."""

import re
from pathlib import Path

import check_jsonschema
import pytest
import yaml
from ab_testing_programs import PROJECT, evidence
from click.testing import CliRunner

MANIFESTS = sorted((PROJECT / "kubernetes").glob("*.yaml"))
SCHEMA = Path(__file__).with_name("canary.schema.json")  # of the fields that are documented


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.stem)
def test_manifest_fits_the_schema(manifest, fits):
    done = fits(manifest.read_text("utf-8"), SCHEMA)
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("rollout", "setWeight: 25", "setWeight: 250"),
        ("rollout", "setWeight: 1\n", "weight: 1\n"),
        ("rollout", "duration: 1h", "duration: an hour"),
        ("rollout", "templateName: digits-judgement", "template: digits-judgement"),
        ("rollout", 'jsonPath: "{$.verdict}"', 'jsonPath: "verdict"'),
        ("rollout", "kind: HTTPRoute", "kind: HttpRoute"),
        ("inferenceservice", "canaryTrafficPercent: 5", "canaryTrafficPercent: 5%"),
        ("inferenceservice", "v1beta1", "v1"),
        ("inferenceservice", "canaryTrafficPercent", "canaryPercent"),
    ],
)
def test_schema_check_can_fail(name, right, wrong, fits):
    text = (PROJECT / "kubernetes" / f"{name}.yaml").read_text("utf-8")
    assert right in text
    assert fits(text.replace(right, wrong), SCHEMA).exit_code == 1


@pytest.fixture(scope="module")
def parts():
    text = (PROJECT / "kubernetes" / "rollout.yaml").read_text("utf-8")
    return {(part["kind"], part["metadata"]["name"]): part for part in yaml.safe_load_all(text)}


def test_rollout_names_what_is_there(parts):
    rollout = parts["Rollout", "digits"]["spec"]
    canary = rollout["strategy"]["canary"]
    used = re.findall(r"'templateName': '([^']+)'", str(canary))
    assert {("AnalysisTemplate", name) for name in used} <= set(parts)
    route = canary["trafficRouting"]["plugins"]["argoproj-labs/gatewayAPI"]["httpRoute"]
    backends = parts["HTTPRoute", route]["spec"]["rules"][0]["backendRefs"]
    services = [canary["stableService"], canary["canaryService"]]
    assert [backend["name"] for backend in backends] == services
    (container,) = rollout["template"]["spec"]["containers"]
    port = container["ports"][0]["containerPort"]
    for name in services:
        service = parts["Service", name]["spec"]
        assert service["selector"] == rollout["selector"]["matchLabels"]
        assert service["ports"][0]["targetPort"] == port


def test_steps_are_those_of_the_plan(parts):
    steps = parts["Rollout", "digits"]["spec"]["strategy"]["canary"]["steps"]
    weights = [step["setWeight"] for step in steps if "setWeight" in step]
    assert weights == [round(100 * share) for share, _ in evidence.Plan().stages]


def test_compose_file_fits_the_published_schema():
    words = ["--builtin-schema", "vendor.compose-spec", str(PROJECT / "compose.yaml")]
    done = CliRunner().invoke(check_jsonschema.main, words)
    assert done.exit_code == 0, done.output


def test_compose_file_builds_both_frameworks_and_lets_nobody_else_in():
    services = yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8"))["services"]
    workers = [services[name]["build"]["args"]["FRAMEWORK"] for name in ("stable", "canary")]
    assert sorted(workers) == ["pytorch", "tensorflow"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert [port.startswith("127.0.0.1:") for port in ports] == [True]
    targets = {service["build"]["target"] for service in services.values()}
    stages = re.findall(r"^FROM \S+ AS (\w+)", (PROJECT / "Dockerfile").read_text("utf-8"), re.M)
    assert targets < set(stages)


def test_images_have_every_file_that_their_programs_import():
    text = (PROJECT / "Dockerfile").read_text("utf-8")
    copied = set(
        re.findall(r"\b(\w+)\.(?:py|html)\b", " ".join(re.findall(r"^COPY .*", text, re.M)))
    )
    ours = {path.stem for path in PROJECT.glob("*.py")}
    for program in ("controller", "proxy", "serving"):
        source = (PROJECT / f"{program}.py").read_text("utf-8")
        imported = set(re.findall(r"^from (\w+) import", source, re.M)) & ours
        assert imported <= copied
    assert {"guard", "dashboard"} <= copied  # which proxy.py starts, and copies
