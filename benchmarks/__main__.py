"""Compares Postroom with its peers, alternating, on the same services and the same sink."""

from argparse import Namespace
from collections.abc import Iterable, Sequence

from benchmarks import cpu, plan, services
from benchmarks.contender import Contender
from benchmarks.delivery import call, deliver
from benchmarks.latency import latency
from benchmarks.limits import LIMITS, OursOnServer, through
from benchmarks.ours.contender import Ours
from benchmarks.ours.finished import OursWithHistory
from benchmarks.peers.dramatiq.contender import Dramatiq, DramatiqConfirmed
from benchmarks.peers.post_office.contender import PostOffice
from benchmarks.report import Report
from dev.install import can_install


def main() -> None:
    options = plan.parse()
    bench = Bench(options, *services.ensure())
    for measure in options.measure:
        getattr(bench, measure)()
    print(f"\n{bench.report.text()}")


class Bench:
    """One method per measurement; each runs all contenders once per round."""

    def __init__(self, options: Namespace, database_url: str, rabbitmq_url: str) -> None:
        self.options, self.urls = options, (database_url, rabbitmq_url)
        self.servers = cpu.Servers(*self.urls)
        self.report = Report({"pairs": options.pairs} | services.facts(database_url))
        kinds = (Ours, PostOffice, Dramatiq)
        self.contenders = self._prepared(kind for kind in kinds if kind.name in options.only)

    def delivery(self) -> None:
        """Rate, CPU by role, and whether each e-mail arrived exactly once."""
        for turn in range(self.options.pairs):
            for load in (one for one in plan.LOADS if one.name in self.options.load):
                for contender in alternating(self.contenders, turn):
                    mails = self._fewer(plan.MAILS[load.name][contender.name])
                    figures = deliver(contender, load, mails, self.servers)
                    self.report.add("delivery", load.name, contender.name, figures)

    def call(self) -> None:
        """The web request's share, with a confirmed publish as a second measure of dramatiq."""
        confirmed = self._prepared([DramatiqConfirmed] if "dramatiq" in self.options.only else [])
        for turn in range(self.options.pairs):
            for contender in alternating([*self.contenders, *confirmed], turn):
                self.report.add("call", "", contender.name, call(contender, plan.CALLS))

    def latency(self) -> None:
        """From commit to acceptance at a light load; post_office polls and is left out."""
        for turn in range(self.options.pairs):
            for load in plan.LIGHT_LOADS:
                for contender in alternating(self.contenders, turn):
                    if not isinstance(contender, PostOffice):
                        figures = latency(contender, load, self._fewer(plan.LIGHT_MAILS))
                        self.report.add("latency", load.name, contender.name, figures)

    def memory(self) -> None:
        """Peak memory of a worker process by the queue's length; measured once: no drift."""
        for name, waiting in plan.WAITING.items():
            for contender in self.contenders:
                figures = deliver(contender, plan.INSTANT, self._fewer(waiting), self.servers)
                self.report.add("memory", name, contender.name, figures)

    def finished(self) -> None:
        """Postroom with millions of finished rows against Postroom with none."""
        ours = [contender for contender in self.contenders if contender.name == "ours"]
        if not ours:
            return
        history = OursWithHistory(*self.urls)
        history.prepare()
        deliver(history, plan.INSTANT, 100, self.servers)
        history.fill(self.options.finished)
        self.report.facts["finished rows"] = self.options.finished
        mails = self._fewer(plan.MAILS["instant"]["ours"])
        for turn in range(self.options.pairs):
            for contender in alternating([*ours, history], turn):
                full = contender is history
                figures = deliver(contender, plan.INSTANT, mails, self.servers)
                name = "ours" if full else "ours_empty"
                self.report.add("finished", "full", name, figures)

    def limits(self) -> None:
        """A mailer on servers that take few connections against one set by hand to their limit.

        Real servers are installed for it, as root on Debian or Ubuntu.
        """
        if "ours" not in self.options.only:
            return
        if not can_install():
            print("limits: left out, mail servers are installed as root on Debian or Ubuntu")
            return
        ours = OursOnServer(*self.urls)
        ours.prepare()
        for _ in range(self.options.pairs):
            found = {}
            for limit in LIMITS:
                found[limit] = through(ours, limit, self._fewer(plan.LIMITED_MAILS))
                self.report.add("limits", limit.name, "ours", found[limit])
            worst = max(found.values(), key=lambda figures: figures["ratio"])
            self.report.add("limits", "all", "ours", worst)

    def _prepared(self, kinds: Iterable[type[Contender]]) -> list[Contender]:
        contenders = [kind(*self.urls) for kind in kinds]
        for contender in contenders:
            contender.prepare()
        return contenders

    def _fewer(self, mails: int) -> int:
        return mails // plan.QUICK_DIVISOR if self.options.quick else mails


def alternating(contenders: Sequence[Contender], turn: int) -> Sequence[Contender]:
    """The contenders, reversed in every second round, so that neighbours change."""
    return contenders if turn % 2 == 0 else contenders[::-1]


if __name__ == "__main__":
    main()
