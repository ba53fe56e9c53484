"""The load generator: keeps every connection busy with prebuilt requests and counts what comes back.

A process of its own (`python -m bench.load`, its task as JSON on stdin, its findings as JSON on stdout), over raw
sockets, so that it costs a fraction of what it drives; `busy` in its findings says what share of the time it used
its core. A `%09d` in a body becomes a number never used before.
"""

import heapq
import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Task:
    """What to send. Connection n posts `bodies[n % len(bodies)]` to `paths[n % len(paths)]` again and again; `first` is
    where numbers begin."""

    port: int
    paths: list[str]
    bodies: list[str]
    seconds: float
    connections: int = 64
    fresh: int = 0
    first: int = 0
    warm_up: float = 0.3
    may_shed: bool = False
    """Whether 503 with `Retry-After` is an answer: the connection then pauses for `pause` seconds."""
    pause: float = 0.5


@dataclass
class Findings:
    """`next` is the first number that is still unused; latencies in seconds; `busy` is CPU time over time."""

    requests: int
    seconds: float
    statuses: dict[str, int]
    p50: float
    p99: float
    busy: float
    next: int
    impolite: int = 0
    """Answers 503 that did not say when to come again."""

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


@dataclass
class _Line:
    """One connection: its socket, its request, and the answer so far."""

    socket: socket.socket
    request: bytes
    sent_at: float = 0.0
    answer: bytes = field(default=b"")
    awaited: int = 0


def run(task: Task) -> Findings:
    """Start the generator's process, and return its findings; fails when anything but 2xx came back."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(task)),
        capture_output=True,
        text=True,
        check=False,
        timeout=task.seconds + 60,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the load generator failed:\n{done.stderr[-2000:]}")
    found = Findings(**json.loads(done.stdout))
    allowed = ("2", "503") if task.may_shed else ("2",)
    if not all(status.startswith(allowed) for status in found.statuses):
        raise RuntimeError(f"{task.paths} answered {found.statuses}")
    return found


class _Generator:
    def __init__(self, task: Task) -> None:
        self.task = task
        self.number = task.first
        self.statuses: dict[str, int] = {}
        self.latencies: list[float] = []
        self.counting = False
        self.impolite = 0
        self.pausing: list[tuple[float, int, _Line]] = []

    def run(self) -> Findings:
        task = self.task
        chosen = selectors.DefaultSelector()
        for place in range(task.connections):
            line = _Line(socket.create_connection(("127.0.0.1", task.port)), self._build(place))
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            chosen.register(line.socket, selectors.EVENT_READ, line)
            self._send(line)
        self._pump(chosen, time.perf_counter() + task.warm_up)
        self.counting = True
        started, cpu = time.perf_counter(), time.process_time()
        self._pump(chosen, started + task.seconds)
        elapsed, busy = time.perf_counter() - started, time.process_time() - cpu
        ordered = sorted(self.latencies)
        for key in list(chosen.get_map().values()):
            key.data.socket.close()
        return Findings(
            requests=len(ordered),
            seconds=elapsed,
            statuses=self.statuses,
            p50=ordered[len(ordered) // 2] if ordered else 0.0,
            p99=ordered[int(len(ordered) * 0.99)] if ordered else 0.0,
            busy=busy / elapsed,
            next=self.number,
            impolite=self.impolite,
        )

    def _build(self, place: int) -> bytes:
        task = self.task
        body = task.bodies[place % len(task.bodies)].encode()
        length = len(body % tuple(range(task.fresh))) if task.fresh else len(body)
        path = task.paths[place % len(task.paths)]
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{task.port}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length}\r\n\r\n"
        )
        return head.encode() + body

    def _send(self, line: _Line) -> None:
        request = line.request
        if self.task.fresh:
            request %= tuple(range(self.number, self.number + self.task.fresh))
            self.number += self.task.fresh
        line.answer, line.awaited = b"", 0
        line.sent_at = time.perf_counter()
        line.socket.sendall(request)

    def _pump(self, chosen: selectors.BaseSelector, until: float) -> None:
        while (now := time.perf_counter()) < until:
            while self.pausing and self.pausing[0][0] <= now:
                self._send(heapq.heappop(self.pausing)[2])
            for key, _ in chosen.select(0.01 if self.pausing else 0.5):
                self._read(key.data)

    def _read(self, line: _Line) -> None:
        data = line.socket.recv(262_144)
        if not data:
            raise ConnectionError("the server closed a connection")
        line.answer = line.answer + data if line.answer else data
        if not line.awaited:
            end = line.answer.find(b"\r\n\r\n")
            if end < 0:
                return
            line.awaited = end + 4 + _content_length(line.answer[:end])
        if len(line.answer) < line.awaited:
            return
        status = line.answer[9:12].decode()
        if self.counting or status[0] != "2" or self.task.may_shed:
            if status[0] == "2":
                self.latencies.append(time.perf_counter() - line.sent_at)
            self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == "503" and self.task.may_shed:
            self.impolite += b"retry-after:" not in line.answer.lower()
            again = time.perf_counter() + self.task.pause
            heapq.heappush(self.pausing, (again, id(line), line))
        else:
            self._send(line)


def _content_length(head: bytes) -> int:
    for header in head.split(b"\r\n")[1:]:
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def main() -> None:
    task: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(_Generator(Task(**task)).run()), sys.stdout)


if __name__ == "__main__":
    main()
