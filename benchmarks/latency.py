"""The time from commit to acceptance at a light load, with otherwise idle workers."""

from statistics import median, quantiles

from benchmarks.contender import Contender, Load
from benchmarks.delivery import Figures
from benchmarks.sink import Sink, SinkError

RATE = 20.0
WARM_UP = 200


def latency(contender: Contender, load: Load, mails: int) -> Figures:
    """Milliseconds from the return of the committing call to the sink's reply.

    A burst before opens all connections, so the figures include none of that.
    """
    contender.empty()
    with Sink(load.delay_ms) as sink:
        try:
            contender.start(load, sink.port)
            contender.enqueue(WARM_UP)
            sink.wait(WARM_UP, 60)
            sink.reset()
            returned = contender.enqueue(mails, rate=RATE).returned
            sink.wait(mails, 60)
        except SinkError as error:
            raise RuntimeError(f"{error}\n{contender.logs()}") from error
        finally:
            contender.stop()
        accepted = dict(sink.times())
    waits = [(accepted[number] - at) / 1e6 for number, at in enumerate(returned)]
    return {"ms_median": median(waits), "ms_p99": quantiles(waits, n=100)[98]}
