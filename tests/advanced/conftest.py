"""What the tests of the REST services share: the project's modules, and services that run."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from sidebyside.checkout import ROOT

PROJECT = ROOT / "advanced" / "rest_api"
sys.path.insert(0, str(PROJECT))
OURS = ("fastapi", "flask", "prometheus_client", "schemathesis", "uvicorn", "yaml")
MISSING = [name for name in OURS if find_spec(name) is None]
collect_ignore_glob = ["test_rest_api_*.py"] if MISSING else []
FRAMEWORKS = ("pytorch", "tensorflow")
NEEDED = {"pytorch": ("torch", "fastapi", "uvicorn"), "tensorflow": ("tensorflow", "gunicorn")}


def pytest_report_header():
    if MISSING:
        return f"The REST services are not tested: {', '.join(MISSING)} not installed."
    return None


def skip_where_it_cannot_run(framework):
    if sys.platform == "win32":
        pytest.skip("gunicorn and SIGTERM are Unix's")
    if missing := [name for name in NEEDED[framework] if find_spec(name) is None]:
        pytest.skip(f"{', '.join(missing)} not installed: pip install -e .[service]")


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """Return a function that returns the folder of a framework's models."""
    made = {}

    def export(framework):
        if framework not in made:
            skip_where_it_cannot_run(framework)
            folder = tmp_path_factory.mktemp("models") / framework
            program = ROOT / "tests" / "advanced" / "rest_api_models.py"
            command = [sys.executable, str(program), framework, str(folder)]
            subprocess.run(command, check=True, capture_output=True, timeout=300)
            made[framework] = folder
        return made[framework]

    return export


@pytest.fixture(scope="module", params=FRAMEWORKS)
def framework(request):
    skip_where_it_cannot_run(request.param)
    return request.param


@pytest.fixture(scope="module")
def service(framework, exported, tmp_path_factory):
    """Return a service of two workers, which all tests of a file ask."""
    from common.running import Service

    folder = tmp_path_factory.mktemp(framework)
    from rest_api_models import PATIENT

    settings = PATIENT | {"body_seconds": 2}
    with Service(framework, exported(framework), folder, **settings) as running:
        yield running
