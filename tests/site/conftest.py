"""The built site, and a function that opens its pages."""

import functools
import http.server
import os
import threading

import pytest
from built_site import WIDE, build
from filelock import FileLock


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Return the folder of the built site; all workers share it, and the first builds it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, done = shared / "site", shared / "site-is-built"
    with FileLock(shared / "site.lock"):
        if not done.is_file():
            built = build(folder)
            assert built.returncode == 0, built.stderr
            assert built.stderr == ""  # Sphinx says nothing, unless there is something to mend
            done.touch()
    return folder


@pytest.fixture
def visit(browser, site):
    """Return a function that opens a page from its file, with the network off.

    What a page says on its console, or asks another host for, fails the test.
    """
    contexts, complaints = [], []

    def open_page(address, size=WIDE, scheme="light", context=None, touch=False):
        if context is None:
            width, height = size
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
                has_touch=touch,
                is_mobile=touch,
            )
            context.set_offline(not address.startswith("http"))
            contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        tab.on("pageerror", lambda error: complaints.append(f"{address}: {error}"))
        tab.on("console", lambda message: complaints.append(f"{address}: {message.text}")
               if message.type in ("error", "warning") else None)  # fmt: skip
        tab.on("request", lambda request: complaints.append(f"{address} asks for {request.url}")
               if not request.url.startswith(("file:", "data:", "http://127.0.0.1:")) else None
               )  # fmt: skip
        tab.goto(address if "://" in address else f"{site.as_uri()}/{address}")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def address(site):
    """Return the address at which a web server of this machine shows the site."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=site)
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()
