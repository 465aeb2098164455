"""nginx in front of two versions of a model: who gets which, and the log.

The share of users that the canary gets is a number in nginx's configuration.
To change it, the file is written again and nginx reloads it: new
processes take over the listening socket, the old ones finish what they have
begun. The log has one line of JSON for each request, with the share that was
in force when it was routed.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from serving import MOST_PICTURES, PIXELS

HERE = Path(__file__).resolve().parent

CONFIGURATION = """
# written by proxy.py; the share is in split_clients
{user}worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
daemon off;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxied;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size {most};
  client_body_buffer_size {most};

  # a user's name, hashed: the same user, the same version; and whoever
  # has the canary at a small share has it at a larger one
  split_clients "{salt}$http_x_user" $version {{
    {split}
  }}
  upstream stable {{ server {stable}; keepalive 16; }}
  upstream canary {{ server {canary}; keepalive 16; }}

  log_format answers escape=json '{{"user":"$http_x_user",'
    '"path":"$uri","version":"$version","weight":{weight},'
    '"status":$status,"seconds":"$upstream_response_time",'
    '"right":"$arg_right","process":$pid}}';
  server {{
    listen {host}:{port} backlog=1024;
    keepalive_timeout 0;  # one request, one connection: see the notebook
    access_log off;
    location = /predict {{
      access_log {folder}/access.log answers;
      proxy_pass http://$version;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream off;  # a canary's failure is not to be hidden
    }}
    location = /feedback {{  # how many answers were right: the log has it
      access_log {folder}/access.log answers;
      return 204;
    }}
    location = /configuration {{ return 200 "{generation}"; }}
    location /dashboard/ {{
      alias {dashboard}/;
      add_header Cache-Control no-store;
    }}
  }}
}}
"""


def murmur(data: bytes) -> int:
    """Return the 32 bits that nginx's split_clients makes of a text.

    MurmurHash2, by Austin Appleby, with the seed 0.
    """
    factor, most = 0x5BD1E995, 0xFFFFFFFF
    state = len(data) & most
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        part = int.from_bytes(data[start : start + 4], "little")
        part = part * factor & most
        part = (part ^ part >> 24) * factor & most
        state = state * factor & most ^ part
    if rest := data[whole:]:
        state = (state ^ int.from_bytes(rest, "little")) * factor & most
    state = (state ^ state >> 13) * factor & most
    return state ^ state >> 15


def gets_canary(user: str, weight: float, salt: str = "") -> bool:
    """Return whether nginx sends a user to the canary."""
    limit = round(weight * 10_000) * 0xFFFFFFFF // 10_000
    return weight >= 1 or murmur((salt + user).encode()) < limit


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class Proxy:
    """An nginx of our own, in a folder of its own.

    Parameters
    ----------
    folder
        For the configuration, the log and the dashboard.
    stable, canary
        Where the two versions listen: ``127.0.0.1:8001``.
    salt
        The experiment's name. Another one draws other users.
    host, port
        Where to listen; without a port at a free one.
    """

    def __init__(
        self,
        folder: Path,
        stable: str,
        canary: str,
        salt: str = "",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.folder, self.salt = Path(folder), salt
        self.stable, self.canary = stable, canary
        self.host, self.port = host, port or free_port()
        self.weight, self.generation = 0.0, 0
        self.process: subprocess.Popen[bytes] | None = None
        self.dashboard = self.folder / "dashboard"
        self.dashboard.mkdir(parents=True, exist_ok=True)
        page = (HERE / "dashboard.html").read_text("utf-8")
        (self.dashboard / "index.html").write_text(page, "utf-8")
        self.write()

    @property
    def address(self) -> str:
        """Where clients find the proxy."""
        return f"http://{self.host}:{self.port}"

    @property
    def log(self) -> Path:
        """The file with one line for each request."""
        return self.folder / "access.log"

    def configuration(self) -> str:
        """Return nginx's configuration for the share that is in force."""
        split = "* stable;"
        if self.weight >= 1:
            split = "* canary;"
        elif self.weight > 0:
            split = f"{100 * self.weight:.2f}% canary; * stable;"
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        return CONFIGURATION.format(
            user="user root root;\n" if root else "",
            folder=self.folder,
            dashboard=self.dashboard,
            most=MOST_PICTURES * PIXELS,
            split=split,
            weight=f"{self.weight:.4f}",
            salt=self.salt,
            stable=self.stable,
            canary=self.canary,
            host=self.host,
            port=self.port,
            generation=self.generation,
        )

    def write(self) -> None:
        """Write the configuration, whole or not at all."""
        fresh = self.folder / "nginx.conf.new"
        fresh.write_text(self.configuration(), "utf-8")
        fresh.replace(self.folder / "nginx.conf")

    def start(self) -> Proxy:
        """Start nginx, as a process that ends with ours."""
        nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        if nginx is None:
            raise FileNotFoundError(
                "nginx is not installed; on Debian and Ubuntu "
                "'apt-get install nginx' brings it"
            )
        self.write()
        command = [nginx, "-p", self.folder, "-c", self.folder / "nginx.conf"]
        command += ["-e", self.folder / "error.log"]
        guard = [sys.executable, HERE / "guard.py"]
        with (self.folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                [*map(str, guard), *map(str, command)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # not interrupted with our group
            )
        self.wait()
        return self

    def set_weight(self, weight: float) -> None:
        """Give the canary another share of the users, by a reload."""
        self.weight, self.generation = weight, self.generation + 1
        self.write()
        pid = int((self.folder / "nginx.pid").read_text())
        os.kill(pid, signal.SIGHUP)
        self.wait()

    def wait(self, seconds: float = 30) -> None:
        """Wait until the configuration that was written last is in force."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                url = f"{self.address}/configuration"
                with urllib.request.urlopen(url, timeout=5) as answer:
                    if int(answer.read()) == self.generation:
                        return
            except (urllib.error.URLError, OSError):
                if self.process and self.process.poll() is not None:
                    break
            time.sleep(0.01)
        told = (self.folder / "output.log").read_text("utf-8")[-2000:]
        raise RuntimeError(f"nginx does not answer: {told}")

    def end(self) -> None:
        """End nginx, by closing its guard's input."""
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait(timeout=30)
            self.process = None

    def __enter__(self) -> Proxy:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.end()
