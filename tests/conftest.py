"""What several test files use."""

import contextlib
import http.server
import json
import os
import shutil
import sys
import threading
from functools import partial
from types import SimpleNamespace

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update"]  # fmt: skip


@pytest.fixture
def server(tmp_path):
    """Return a folder, and the address under which a web server of this machine shows it."""
    folder = tmp_path / "server"
    folder.mkdir()
    with serving(folder) as address:
        yield folder, address


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    """Return the same for all tests, which must leave the folder as it is."""
    folder = tmp_path_factory.mktemp("server")
    with serving(folder) as address:
        yield folder, address


@contextlib.contextmanager
def serving(folder):
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=folder))
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@pytest.fixture
def fits(tmp_path):
    """Return a function of a manifest's text and a schema's file: what check-jsonschema says."""
    import check_jsonschema
    import yaml
    from click.testing import CliRunner

    def check(text, schema):
        files = []
        for number, part in enumerate(yaml.safe_load_all(text)):
            files.append(tmp_path / f"{number}.json")
            files[-1].write_text(json.dumps(part), "utf-8")
        words = ["--schemafile", str(schema), *map(str, files)]
        return CliRunner().invoke(check_jsonschema.main, words)

    return check


@pytest.fixture
def sidebyside(monkeypatch, capsys):
    """Return a function that runs the command here; of what it returns: `code`, `out`, `err`."""
    from sidebyside.cli import main

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["sidebyside", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        printed = capsys.readouterr()
        return SimpleNamespace(code=code, out=printed.out, err=printed.err)

    return run


@pytest.fixture(scope="module")  # not longer: while it runs, so does its event loop
def browser():
    """Return the system's Chromium; where there is none, that is an error in CI only."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        options = {"executable_path": path} if path else {"channel": "chrome"}
        try:
            started = playwright.chromium.launch(args=FLAGS, **options)
        except Error as error:
            if path:
                raise
            reason = "No Chromium was found; on Debian: apt-get install chromium."
            if os.environ.get("CI"):
                pytest.fail(f"{reason} {error}")
            pytest.skip(reason)
        yield started
        started.close()
