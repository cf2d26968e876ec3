"""One delivery run: queue N e-mails, start the workers and measure how fast the sink gets them."""

import time
from statistics import median, quantiles

from benchmarks import cpu
from benchmarks.contender import Calls, Contender, Load
from benchmarks.sink import Sink, SinkError

START_SECONDS = 60
SLOWEST = 20  # e-mails per second
STARTED, STILL = 0.2, 0.05  # CPU seconds: every start takes more; an idle second takes less


Figures = dict[str, float]


def deliver(contender: Contender, load: Load, mails: int, servers: cpu.Servers) -> Figures:
    """Run once. CPU figures are seconds per 1,000 e-mails, memory is a process's peak in MB."""
    starting = start_up(contender, load)
    contender.empty()
    with Sink(load.delay_ms) as sink:
        servers.restart()
        calls = contender.enqueue(mails, attachment=load.attachment)
        try:
            contender.start(load, sink.port)
            sink.wait(1, START_SECONDS)
            sink.wait(mails * 9 // 10, mails / SLOWEST + START_SECONDS)
            memory = {role: cpu.megabytes(w.pid) for role, w in contender.workers.items()}
            sink.wait(mails, mails / SLOWEST + START_SECONDS)
            contender.settle()
            used = servers.used()
            used |= {role: s - starting[role] for role, s in cpu_by_role(contender).items()}
        except SinkError as error:
            raise RuntimeError(f"{error}\n{contender.logs()}") from error
        finally:
            contender.stop()
        size = sink.count()[1]
        times = sink.times()
    shares = {f"cpu_{name}": seconds * 1000 / mails for name, seconds in used.items()}
    distinct = {number for number, _ in times}
    return {
        "per_second": (len(times) - 1) / ((times[-1][1] - times[0][1]) / 1e9),
        "cpu_all": calls.cpu_per_1000 + sum(shares.values()),
        **_call_figures(calls),
        **shares,
        **{f"megabytes_{role}": peaks[0] for role, peaks in memory.items()},
        "megabytes_sum": sum(sum(peaks) for peaks in memory.values()),
        "bytes_each": size / len(times),
        "missing": mails - len(distinct),
        "repeated": len(times) - len(distinct),
    }


def call(contender: Contender, calls: int) -> Figures:
    """The web request's share alone: no worker runs."""
    contender.empty()
    return _call_figures(contender.enqueue(calls))


def _call_figures(calls: Calls) -> Figures:
    return {
        "call_ms_median": median(calls.milliseconds),
        "call_ms_p99": quantiles(calls.milliseconds, n=100)[98],
        "cpu_request": calls.cpu_per_1000,
    }


def start_up(contender: Contender, load: Load) -> Figures:
    """CPU seconds of the workers' start, which is not part of the cost of an e-mail.

    Measured just before each run, because the machine's speed drifts: one measurement for all
    rounds made the figures of our relay and mailers scatter more.
    """
    contender.empty()
    with Sink() as sink:
        try:
            contender.start(load, sink.port)
            return _when_still(contender)
        finally:
            contender.stop()


def _when_still(contender: Contender) -> Figures:
    before = cpu_by_role(contender)
    for _ in range(START_SECONDS):
        time.sleep(1)
        now = cpu_by_role(contender)
        if sum(now.values()) > STARTED and sum(now.values()) - sum(before.values()) < STILL:
            break
        before = now
    return before


def cpu_by_role(contender: Contender) -> Figures:
    return {role: cpu.seconds(worker.pid) for role, worker in contender.workers.items()}
