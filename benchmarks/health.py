"""Whether the service answers while it works: `python benchmarks/health.py`.

Starts the service as people do, with its workers, keeps at least four long documents waiting or in hand, and meanwhile asks `/healthz`
every twentieth of a second. Prints median, 95th and 99th percentile. Exits with 1 where the 99th percentile is over 50 ms.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import made

LIMIT_S = 0.05
_EVERY_S = 0.05
_AT_ONCE = 4
_POSTS = 1_500  # of one document: some 200,000 characters


def long_document(number: int) -> bytes:
    """A document of many posts, which no other equals."""
    return "\n\n".join(made.text(made.word(number * _POSTS + position)) for position in range(_POSTS)).encode()


def waiting(port: int) -> int:
    """How many documents wait or are in hand."""
    _, body, _ = made.request(port, "GET", "/metrics")
    return int(float(next(line.split()[1] for line in body.decode().splitlines() if line.startswith("veille_queue_length "))))


def health(connection: http.client.HTTPConnection) -> float:
    """Seconds until `/healthz` has answered."""
    begun = time.perf_counter()
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    assert json.loads(answer.read()) == {"status": "alive"}
    return time.perf_counter() - begun


def measured(port: int, asked: int) -> tuple[list[float], int]:
    """The times of some looks at the service's health while it extracts, and how many of them found fewer documents in hand than there should be."""
    times, idle, number = [], 0, 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for turn in range(asked):
        if turn % 20 == 0:
            open_now = waiting(port)
            idle += turn > 0 and open_now < _AT_ONCE
            for _ in range(max(0, 2 * _AT_ONCE - open_now)):
                number += 1
                made.post(port, f"{number}.txt", long_document(number))
        times.append(health(connection))
        time.sleep(_EVERY_S)
    connection.close()
    return times, idle


def main() -> int:
    """Start, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--looks", type=int, default=1_000, help="how often to look (default 1,000: about a minute)")
    arguments = parser.parse_args()
    port = made.free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(made.ROOT), "VEILLE_WORKERS": str(_AT_ONCE)}
        command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--db", str(Path(folder, "veille.db"))]
        service = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own program
        try:
            if not made.await_service(port, service.pid):
                print("the service did not start", file=sys.stderr)
                return 1
            times, idle = measured(port, arguments.looks)
        finally:
            service.terminate()
            service.wait()
    times.sort()
    worst = times[int(0.99 * len(times))]
    print(f"{len(times):,} looks with {_AT_ONCE} workers at work; {idle} of {len(times) // 20} times fewer than {_AT_ONCE} documents were in hand")
    print(f"median {1000 * statistics.median(times):.1f} ms, 95th percentile {1000 * times[int(0.95 * len(times))]:.1f} ms, 99th {1000 * worst:.1f} ms")
    is_met = worst < LIMIT_S and not idle
    print("target met" if is_met else "A TARGET IS MISSED")
    return int(not is_met)


if __name__ == "__main__":
    sys.exit(main())
