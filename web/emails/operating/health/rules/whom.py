"""Sentences that several rules share: whose mail waits, and what becomes of it."""

from collections.abc import Sequence

from postroom.shared.status import Priority
from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.rules import words
from postroom.web.emails.operating.health.waiting import SAMPLE


def hurt(figures: Figures, lanes: Sequence[Priority] = tuple(Priority)) -> str:
    """How many e-mails wait, how long the oldest has, in which lanes and of which types."""
    waiting = figures.waiting
    by_lane = {lane: _count(figures, lane) for lane in lanes if waiting.in_lane(lane)}
    if not by_lane:
        return "No e-mail waits."
    total = sum(by_lane.values())
    parts = []
    for lane, count in sorted(by_lane.items(), key=lambda item: -item[1]):
        mostly = "mostly " if count > waiting.in_lane(lane) else ""
        types = words.counts(waiting.types[lane])
        parts.append(f"{words.number(count)} of them in lane {lane.value}: {mostly}{types}")
    oldest = (figures.at - waiting.ready).total_seconds() if waiting.ready else 0.0
    age = f", the oldest {words.span(oldest)}" if len(by_lane) == len(waiting.types) else ""
    verb = "waits" if total == 1 else "wait"
    return f"{words.emails(total)} {verb}{age}; {'; '.join(parts)}."


def anybody_waits(figures: Figures) -> bool:
    """Whether an e-mail is due, soon tried again, or in a mailer's hands."""
    return bool(figures.waiting.total)


def by_itself(figures: Figures, when: str) -> str:
    """What becomes of the waiting e-mails; `when`: the condition, "when it is back"."""
    text = f"They go out by themselves {when}"
    if not anybody_waits(figures):
        return f"Mail goes out by itself {when}; nothing is lost."
    if until := figures.waiting.given_up_from:
        return f"{text}; none is given up before {words.moment(until)}."
    return f"{text}."


def after_the_fix(figures: Figures, what: str) -> str:
    """The same where only an operator can help: `what` must be done first."""
    until = figures.waiting.given_up_from
    text = f"Nothing goes out until {what}"
    if anybody_waits(figures) and until:
        return f"{text}; no e-mail is given up before {words.moment(until)}."
    return f"{text}; nothing is lost."


def others_work(when: str) -> str:
    """The same where the trouble is not everybody's."""
    return f"The others go on; these do so {when}."


def _count(figures: Figures, lane: Priority) -> int:
    looked_at = figures.waiting.in_lane(lane)
    if looked_at < SAMPLE:
        return looked_at
    flow = next(one for one in figures.flow.lanes if one.lane is lane)
    return max(looked_at, flow.unpublished + flow.published)
