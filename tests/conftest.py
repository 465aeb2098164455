"""What several test files use."""

import http.server
import threading
from functools import partial

import pytest


@pytest.fixture
def server(tmp_path):
    """Return a folder, and the address under which a web server of this machine shows it."""
    folder = tmp_path / "server"
    folder.mkdir()
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=folder))
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    yield folder, f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()
