"""Settings for development and staging that keep mail from its recipients, in sentences."""

from postroom.shared.env import SettingsError
from postroom.web.conf import conf


def sentences() -> list[str]:
    """What they do to mail; empty where mail goes out as it should.

    A setting that makes no sense is a sentence too: the pages that show it must still open.
    """
    found = []
    try:
        if conf.send != "queue":
            found.append(f"no mail is sent: SEND is {conf.send!r}")
        if rule := conf.recipient_rule.sentence():
            found.append(f"{rule}, if each mailer has this setting too")
    except SettingsError as error:
        found.append(str(error))
    return found
