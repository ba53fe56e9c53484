"""How many alerts a second are taken in durably: over real HTTP, 64 connections, each 202 after the commit is on disk.

20 senders and 100 rules (`bench.setup`); new alerts join one open incident, as in a storm. Side by side: the same server
stack with the same parser and no storage; for repeats of open alerts a real Alertmanager, which keeps them in memory; and
Alerta, which keeps them on the same PostgreSQL server.
"""

import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field

import psutil  # type: ignore[import-untyped]

from bench import peers, programs, setup
from bench.load import Findings, Task, run
from bench.payloads import alertmanager_post, alertmanager_webhook
from bench.programs import Served
from bench.report import Table, at_least, median, thousands
from bench.run import Options
from deploy.python_programs import Unavailable

COLUMNS = ("alerts/s", "p50 ms", "p99 ms", "CPU µs/alert", "generator busy", "ratio")
CONNECTIONS = 64
FRESH = "%09d"
TIMES_ALERTA = 40
QUIET = 10.0
"""How many seconds a server may go on with what the last round left it."""


@dataclass
class Contender:
    """One side of a comparison: where it listens, what it is sent, and what was found in each round."""

    name: str
    port: int
    paths: list[str]
    bodies: list[str]
    alerts: int
    fresh: int = 0
    pid: int = 0
    found: list[Findings] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    first: int = 0

    def round(self, seconds: float) -> None:
        task = Task(self.port, self.paths, self.bodies, seconds, CONNECTIONS, self.fresh, self.first)
        before = self._cpu()
        self.found.append(run(task))
        spent = self._cpu() - before
        done = (self.found[-1].next - self.first) / self.fresh if self.fresh else self.found[-1].requests
        self.costs.append(spent / max(done * self.alerts, 1))
        self.first = self.found[-1].next

    def rest(self) -> None:
        """Wait until it has done what its last round left it, so that the next one's is not slowed by that."""
        deadline = time.monotonic() + QUIET
        while time.monotonic() < deadline:
            before = self._cpu()
            time.sleep(0.3)
            if self._cpu() - before < 0.03:
                return

    def _cpu(self) -> float:
        """Seconds that its process and those that it started have used."""
        first = psutil.Process(self.pid)
        return sum(sum(process.cpu_times()[:2]) for process in (first, *first.children(recursive=True)))

    @property
    def rates(self) -> list[float]:
        return [found.rate * self.alerts for found in self.found]

    def cells(self, ratio: str) -> tuple[str, ...]:
        return (
            thousands(median(self.rates)),
            f"{median([found.p50 for found in self.found]) * 1000:.1f}",
            f"{median([found.p99 for found in self.found]) * 1000:.1f}",
            f"{median(self.costs) * 1e6:,.0f}",
            f"{median([found.busy for found in self.found]):.0%}",
            ratio,
        )


def compare(
    table: Table,
    contenders: list[Contender],
    bars: dict[str, float],
    options: Options,
    rests: bool = False,
) -> None:
    """Rounds in turn; the last contender is what the others are compared with."""
    for _ in range(options.rounds):
        for contender in contenders:
            contender.round(options.seconds)
            if rests:
                contender.rest()
    floor = contenders[-1]
    for contender in contenders[:-1]:
        ratio = median([mine / its for mine, its in zip(contender.rates, floor.rates, strict=True)])
        bar = at_least(ratio, bars[contender.name]) if contender.name in bars else ("", None)
        table.add(contender.name, *contender.cells(f"{ratio:.2f}"), bar=bar)
    table.add(floor.name, *floor.cells("1"))


def measure(options: Options) -> list[Table]:
    from tests.programs import find_alertmanager

    tables = []
    with ExitStack() as stack:
        floor = stack.enter_context(programs.parse_only())
        sides = [("SQLite", stack.enter_context(programs.tocsin(world=setup.environment)))]
        server = stack.enter_context(programs.postgresql()) if options.postgresql else ""
        if server:
            url = stack.enter_context(programs.fresh_database(server))
            sides.append(("PostgreSQL", stack.enter_context(programs.tocsin(url, world=setup.environment))))
        hooks = [setup.path_of(number) for number in range(setup.SENDERS)]

        def new_alerts(alerts: int) -> list[Contender]:
            body = alertmanager_webhook([FRESH] * alerts)
            fresh = body.count(FRESH)
            ours = [
                Contender(name, served.port, hooks, [body], alerts, fresh, served.pid, first=alerts * 10**7)
                for name, served in sides
            ]
            return [
                *ours,
                Contender("parse only", floor.port, ["/hooks/a/x"], [body], alerts, fresh, floor.pid),
            ]

        for alerts, bars in ((1, {"SQLite": 0.45, "PostgreSQL": 0.40}), (20, {"SQLite": 0.15})):
            table = Table(f"New alerts, {alerts} per webhook, {CONNECTIONS} connections", COLUMNS)
            compare(table, new_alerts(alerts), bars, options)
            tables.append(table)

        groups = [[f"{place:04d}{number:05d}" for number in range(100)] for place in range(CONNECTIONS)]
        bodies = [alertmanager_webhook(group) for group in groups]
        repeats = [Contender(name, served.port, hooks, bodies, 100, pid=served.pid) for name, served in sides]
        for contender in repeats:
            _open_all(contender)
        table = Table(f"Repeats of open alerts, 100 per webhook, {CONNECTIONS} connections", COLUMNS)
        if program := find_alertmanager():
            peer = stack.enter_context(programs.alertmanager(program))
            posts = [alertmanager_post(group) for group in groups]
            repeats.append(
                Contender("Alertmanager in memory", peer.port, ["/api/v2/alerts"], posts, 100, pid=peer.pid)
            )
        else:
            table.notes.append(
                "Alertmanager is not here (`make programs` fetches it), so the comparison is left out."
            )
            repeats.append(Contender("parse only", floor.port, ["/hooks/a/x"], bodies, 100, pid=floor.pid))
        compare(table, repeats, {"SQLite": 1.0} if program else {}, options)
        tables.append(table)
        if server:
            tables += beside_alerta(server, sides[-1][1], options)
    return tables


def beside_alerta(server: str, tocsin: Served, options: Options) -> list[Table]:
    """The same webhooks of one alert, and the same PostgreSQL server, which flushes every commit of both."""
    fresh = alertmanager_webhook([FRESH])
    repeated = [alertmanager_webhook([f"7{place:08d}"]) for place in range(CONNECTIONS)]
    tables = []
    with ExitStack() as stack:
        new = Table(f"New alerts, 1 per webhook, {CONNECTIONS} connections, beside Alerta", COLUMNS)
        try:
            peer = stack.enter_context(peers.alerta(server))
        except Unavailable as reason:
            new.notes.append(f"Left out: {reason}")
            return [new]
        again = Table(
            f"Repeats of open alerts, 1 per webhook, {CONNECTIONS} connections, beside Alerta", COLUMNS
        )
        hooks = [setup.path_of(number) for number in range(setup.SENDERS)]
        both = (("Tocsin", tocsin, hooks, 5 * 10**8), ("Alerta", peer, ["/webhooks/prometheus"], 0))
        for table, bodies, count in ((new, [fresh], fresh.count(FRESH)), (again, repeated, 0)):
            contenders = [
                Contender(name, served.port, paths, bodies, 1, count, served.pid, first=first)
                for name, served, paths, first in both
            ]
            if not count:
                for contender in contenders:
                    _open_all(contender)
            compare(table, contenders, {"Tocsin": TIMES_ALERTA}, options, rests=True)
            tables.append(table)
        new.notes.append(
            "Alerta has two gunicorn workers of four threads; both write to one PostgreSQL server."
        )
    return tables


def _open_all(contender: Contender) -> None:
    """Post each body once, so that what is measured later is a repeat."""
    for place, body in enumerate(contender.bodies):
        path = contender.paths[place % len(contender.paths)]
        request = urllib.request.Request(
            f"http://127.0.0.1:{contender.port}{path}",
            data=body.encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60):
            pass
