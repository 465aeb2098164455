"""Add a round of requests to before.txt and after.txt."""

import datetime
import platform
import random
import time
from pathlib import Path

REQUESTS, WARM_UP = 100, 20


def milliseconds(answer):
    begin = time.perf_counter()
    answer()
    return 1000 * (time.perf_counter() - begin)


def add_a_round(folder, version, **programs):
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in random.sample(list(programs), len(programs)):
        for _ in range(WARM_UP):
            programs[name]()
        times = [milliseconds(programs[name]) for _ in range(REQUESTS)]
        with (Path(folder) / f"{name}.txt").open("a") as file:
            today, machine = datetime.date.today(), platform.machine()
            file.write(f"# {today}, {machine}, {version}\n")
            file.writelines(f"{one:.3f}\n" for one in times)
            file.write("\n")  # the round ends
