"""A page for the browser: the annotated film as MJPEG, and its figures."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BOUNDARY = "frame"
PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Live video</title>
<style>
  body { font: 16px/1.5 sans-serif; max-width: 42rem; margin: 1rem auto;
         padding: 0 1rem; color: #222; background: #fff }
  img { max-width: 100%; background: #ddd; min-height: 4rem }
  th { text-align: left; font-weight: normal; padding-right: 1.5rem }
  td { text-align: right; font-variant-numeric: tabular-nums }
</style>
<main>
<h1>Live video</h1>
<img src="/stream" alt="The film with boxes, tracks and a line">
<table id="figures"></table>
<h2>Crossed the line</h2>
<table id="counts"></table>
<h2>Messages</h2>
<ul id="messages"><li>none</li></ul>
</main>
<script>
const names = { frames_per_second: "frames a second", shown: "frames shown",
  latency_p50_ms: "latency, half of them below, ms",
  latency_p95_ms: "latency, 95 of 100 below, ms", dropped: "frames dropped" };
function fill(id, rows) {
  document.getElementById(id).replaceChildren(...rows.map(([name, value]) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    const cell = document.createElement("td");
    head.scope = "row"; head.textContent = name; cell.textContent = value;
    row.append(head, cell);
    return row;
  }));
}
async function look() {
  try {
    const state = await (await fetch("/figures")).json();
    fill("figures", Object.entries(names).map(
      ([key, name]) => [name, Math.round(10 * state[key]) / 10]));
    fill("counts", Object.entries(state.counts));
    const items = state.messages.length ? state.messages : ["none"];
    const list = document.getElementById("messages");
    list.replaceChildren(...items.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  } catch (error) {
    document.getElementById("messages").textContent = "The server has ended.";
    return;
  }
  setTimeout(look, 500);
}
look();
</script>
</html>
"""


class Broadcast:
    """The newest picture, for as many viewers as look."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.number, self.jpeg, self.captured = 0, b"", 0.0
        self.since = time.monotonic()  # when the newest one came
        self.closed = False

    def publish(self, jpeg: bytes, captured: float) -> None:
        """Replace the picture."""
        with self.changed:
            self.number, self.jpeg, self.captured = (
                self.number + 1,
                jpeg,
                captured,
            )
            self.since = time.monotonic()
            self.changed.notify_all()

    def after(self, number: int) -> tuple[int, bytes, float] | None:
        """Wait for a picture newer than `number`; None at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.number > number or self.closed)
            if self.number > number:
                return self.number, self.jpeg, self.captured
            return None

    def age(self) -> float:
        """Return how many seconds ago the newest picture came."""
        with self.changed:
            return time.monotonic() - self.since

    def close(self) -> None:
        """Let all viewers go."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()


class Server(ThreadingHTTPServer):
    """Serves the page, the film and the figures.

    It is healthy as long as the newest picture is not older than `oldest`
    seconds: a camera whose driver hangs raises no error.
    """

    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        broadcast: Broadcast,
        figures: Callable[[], dict[str, Any]],
        most_viewers: int = 8,
        oldest: float = 60.0,
    ) -> None:
        super().__init__(address, Handler)
        self.broadcast, self.figures = broadcast, figures
        self.oldest = oldest
        self.places = threading.Semaphore(most_viewers)

    def start(self) -> str:
        """Serve in the background; return the address."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return f"http://{self.server_address[0]!s}:{self.server_port}"

    def end(self) -> None:
        """End the film and the server."""
        self.broadcast.close()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    timeout = 30  # seconds for a viewer who takes nothing

    def do_GET(self) -> None:
        """Answer by the path."""
        if self.path == "/":
            self.answer(PAGE.encode(), "text/html; charset=utf-8")
        elif self.path == "/figures":
            self.answer(
                json.dumps(self.server.figures()).encode(), "application/json"
            )
        elif self.path == "/health":
            self.health()
        elif self.path == "/stream":
            self.stream()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def health(self) -> None:
        """Say whether pictures come."""
        age = self.server.broadcast.age()
        if age <= self.server.oldest:
            self.answer(b"ok\n", "text/plain")
        else:
            sentence = f"No picture for {age:.0f} seconds"
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, sentence)

    def answer(self, body: bytes, kind: str) -> None:
        """Send one body."""
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def stream(self) -> None:
        """Send picture after picture; a slow viewer misses some."""
        if not self.server.places.acquire(blocking=False):
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "Too many viewers")
            return
        try:
            self.send_response(HTTPStatus.OK)
            kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
            self.send_header("Content-Type", kind)
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            number = 0
            while news := self.server.broadcast.after(number):
                number, jpeg, captured = news
                head = (
                    f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
                    f"Content-Length: {len(jpeg)}\r\n"
                    f"X-Captured: {captured:.6f}\r\n\r\n"
                )
                self.wfile.write(head.encode() + jpeg + b"\r\n")
            self.wfile.write(f"--{BOUNDARY}--\r\n".encode())
        except (ConnectionError, TimeoutError):
            pass  # the viewer has left
        finally:
            self.server.places.release()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
