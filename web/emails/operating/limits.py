"""Settings for development and staging that keep mail from its recipients, in sentences."""

from postroom.web.conf import conf


def sentences() -> list[str]:
    """What they do to mail; empty where mail goes out as it should."""
    found = []
    if conf.send != "queue":
        found.append(f"no mail is sent: SEND is {conf.send!r}")
    if rule := conf.recipient_rule.sentence():
        found.append(rule)
    return found
