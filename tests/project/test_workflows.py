"""What GitHub reads is as GitHub wants it; nothing is published before the tests have passed."""

import re
import tomllib

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner

from sidebyside.checkout import ROOT

GITHUB = ROOT / ".github"
SCHEMAS = {
    "workflows/ci.yml": "github-workflows",
    "workflows/nightly.yml": "github-workflows",
    "workflows/pages.yml": "github-workflows",
    "actions/install/action.yml": "github-actions",
    "dependabot.yml": "dependabot",
    "ISSUE_TEMPLATE/config.yml": "github-issue-config",
    "ISSUE_TEMPLATE/lesson.yml": "github-issue-forms",
    "ISSUE_TEMPLATE/tool.yml": "github-issue-forms",
    "../CITATION.cff": "citation-file-format",
}
STEPS = sorted(GITHUB.glob("workflows/*.yml")) + sorted(GITHUB.glob("actions/*/action.yml"))


def read(name):
    return yaml.safe_load((GITHUB / name).read_text("utf-8"))


def fits(file, schema):
    """Return what check-jsonschema's command says of a file."""
    words = ["--default-filetype", "yaml", "--builtin-schema", f"vendor.{schema}", str(file)]
    return CliRunner().invoke(check_jsonschema.main, words)


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items(), ids=SCHEMAS)
def test_file_fits_the_published_schema(name, schema):
    done = fits(GITHUB / name, schema)
    assert done.exit_code == 0, done.output


def test_every_file_is_checked():
    there = {path.relative_to(GITHUB).as_posix() for path in GITHUB.rglob("*.yml")}
    assert there <= set(SCHEMAS)


def test_schema_check_can_fail(tmp_path):
    file = tmp_path / "wrong.yml"
    file.write_text("on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n    step: []\n")
    done = fits(file, "github-workflows")
    assert done.exit_code == 1
    assert "'step' was unexpected" in done.output


@pytest.mark.parametrize("file", STEPS, ids=lambda path: path.parent.name + "/" + path.name)
def test_actions_are_pinned_by_commit(file):
    used = re.findall(r"uses: (\S+)(.*)", file.read_text("utf-8"))
    loose = [
        name
        for name, comment in used
        if not name.startswith("./")
        and not (re.search(r"@[0-9a-f]{40}$", name) and re.match(r" # v\d+\.\d+\.\d+$", comment))
    ]
    assert used
    assert loose == []


def test_an_action_has_one_version():
    texts = [path.read_text("utf-8") for path in STEPS]
    used = {pin for text in texts for pin in re.findall(r"uses: (\w+/[\w-]+)\S*@(\w+)", text)}
    assert len({name for name, _ in used}) == len(used)


def test_publishing_waits_for_every_test():
    jobs = read("workflows/ci.yml")["jobs"]
    publishing = jobs.pop("pages")
    assert publishing["uses"] == "./.github/workflows/pages.yml"
    assert set(publishing["needs"]) == set(jobs)
    assert "refs/heads/main" in publishing["if"]
    assert read("workflows/pages.yml")[True] == "workflow_call"  # YAML's 'on': no other way in


def test_the_published_site_is_built_without_the_frameworks():
    steps = read("workflows/pages.yml")["jobs"]["build"]["steps"]
    (lock,) = [step["with"]["lock"] for step in steps if "install" in step.get("uses", "")]
    assert lock == "requirements/site.txt"
    assert not any("make" in step.get("run", "") for step in steps)


def test_the_newest_packages_are_not_asked_for_style():
    steps = read("workflows/nightly.yml")["jobs"]["newest"]["steps"]
    (extras,) = re.findall(r"\.\[(.*?)\]", " ".join(step.get("run", "") for step in steps))
    assert {"test", "site"} <= set(extras.split(","))
    assert "lint" not in extras.split(",")


def test_citation_and_changelog_have_the_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
    assert citation["repository-code"] == project["urls"]["Repository"]
    versions = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert versions[0] == "Unreleased"
    assert project["version"] in versions or versions == ["Unreleased"]
