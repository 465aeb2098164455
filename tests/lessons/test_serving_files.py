"""The Compose file of the lesson on serving fits the published schema, and keeps its promises."""

import check_jsonschema
import nbformat
import pytest
import yaml
from click.testing import CliRunner

from sidebyside.checkout import ROOT
from sidebyside.frameworks import FRAMEWORKS

COMPOSE = ROOT / "notebooks" / "2_intermediate" / "07_serving" / "compose.yaml"
SCHEMA = ["--builtin-schema", "vendor.compose-spec"]


def fits(file):
    """Return what check-jsonschema's command says of a file."""
    return CliRunner().invoke(check_jsonschema.main, [*SCHEMA, str(file)])


def test_compose_file_fits_the_published_schema():
    done = fits(COMPOSE)
    assert done.exit_code == 0, done.output


def test_schema_check_can_fail(tmp_path):
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE.read_text("utf-8").replace("interval:", "intervals:"), "utf-8")
    done = fits(file)
    assert done.exit_code == 1
    assert "intervals" in done.output


@pytest.fixture(scope="module")
def service():
    (service,) = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"].values()
    return service


def test_image_is_pinned_and_its_health_is_looked_at(service):
    name, _, tag = service["image"].partition(":")
    assert name == "tensorflow/serving"
    assert tag[0].isdigit()
    assert '"AVAILABLE"' in service["healthcheck"]["test"][-1]  # and not UNAVAILABLE


def test_nobody_else_reaches_it_and_it_changes_no_model(service):
    assert [port.startswith("127.0.0.1:") for port in service["ports"]] == [True]
    assert [volume["read_only"] for volume in service["volumes"]] == [True]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_lesson_shows_the_file_as_it_is(framework):
    notebook = nbformat.read(COMPOSE.parent.parent / f"07_serving_{framework}.ipynb", 4)
    source = next(cell.source for cell in notebook.cells if cell.id == "compose-intro")
    assert COMPOSE.read_text("utf-8").strip() in source
