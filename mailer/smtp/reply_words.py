"""The words by which servers refuse, where code and enhanced code leave it open (pure data).

Read from the replies of Postfix, Exim, sendmail, Exchange, Gmail, Amazon SES and policy daemons.
`tests/mailer/smtp/test_reply_words.py` has them line by line.
"""

import functools
import re
from typing import Final, NamedTuple

from postroom.mailer.outcomes.outcome import Reply

# What a reply quotes from the e-mail: a recipient must not choose the words that we read.
_QUOTED = re.compile(
    r'<[^<>]*>|"[^"]*"@\S*|(?<!\S)\S*@\S*|\bhttps?://\S*|^[245]\.\d+\.\d+', re.MULTILINE
)
_READ = 600  # characters; what a reply is about stands at its beginning
_OF_ANOTHER_HOST = re.compile(r"\bsaid:.*", re.DOTALL)  # Postfix, of the recipient's own server


@functools.lru_cache(maxsize=16)  # several questions in a row are about the same reply
def words(reply: Reply) -> str:
    """The text as one line, without addresses and other words that are not the server's own."""
    return " ".join(_OF_ANOTHER_HOST.sub("", _QUOTED.sub(" ", reply.text[:2000])).split())


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


GREYLIST: Final = _pattern(r"gr[ae]y-?list")
FULL: Final = _pattern(r"quota|\bfull\b|storage")

_CONNECTIONS = r"(?:connections?|connects|sessions?|threads?)"
_SAME_THING = (
    r"(?:(?!(?:in|on|per|for|from|of|over|this|the|each|one|an?|your|same) )[\w+-]+ ){0,3}"
)
CROWDED: Final = _pattern(
    # "Too many concurrent SMTP connections", but not "too many messages in this session"
    rf"\btoo many {_SAME_THING}{_CONNECTIONS}\b",
    # "Concurrent connections limit exceeded", "exceeded the connection limit allowed"
    rf"(?<!\bper )(?<!\brecipient )\b{_CONNECTIONS} (?:\w+ )?(?:limit|quota|maximum)",
    # "Maximum number of concurrent connections reached", "limit of 10 connections"
    rf"\b(?:max|maximum|limit)(?: allowed| number| of)* {_SAME_THING}(?:connections|sessions)\b",
    # "Connections from 192.0.2.1 exceed the limit", "exceeded the number of parallel sessions"
    r"\b(?:connections|sessions)\b[^;]{0,90}\bexceed",
    rf"\bexceed\w* [^;]{{0,90}}\b(?:number of|concurrent|parallel) {_SAME_THING}{_CONNECTIONS}\b",
    r"\bno more (?:connections|sessions)\b|\ball [\w ]{0,20}\bports are busy\b",
)
# This connection has carried enough e-mails: the next one goes over another.
SPENT: Final = _pattern(
    r"\b(?:messages?|e?-?mails?|transactions?)\b[\w ]{0,20}"
    r"\b(?:per|in|on|for|over|this) (?:\w+ )?(?:connection|session)\b"
)

_OURS = r"(?:messages?|e?-?mails?|recipients?|sending|sends?|sent|submissions?|outgoing|outbound)"
_TIME = r"(?:second|minute|hour|day|week|month|hourly|daily|weekly|monthly)"
_TOO_MUCH = r"(?:quota|limits?|threshold|allowance|exceed\w*|too many)"
_YOU = r"you(?:'ve| have| are sending| exceed\w*| reach\w*| sent|r (?!message|e?-?mail\b)\w+)"
_OWN = rf"(?:sending|submissions?|outgoing|outbound|relay|{_YOU}|{_TIME})"
# Certainly about what we send: "Daily user sending quota exceeded", "limit of mails per hour".
OWN_LIMIT: Final = _pattern(
    rf"\b{_OWN}\b[^;]{{0,90}}\b{_TOO_MUCH}",
    rf"\b{_TOO_MUCH}\b[^;]{{0,90}}\b{_OWN}\b",
    r"\bthrottl",
    r"\brate[ -]?limit|\bslow down\b",
    r"\b(?:unusual|sending|messages?|e?-?mail) (?:\w+ ){0,2}rates?\b",
)
# About what we send, unless it is another one's mailbox, or the message's spam score.
LIMIT: Final = _pattern(
    r"\btoo (?:many|much|fast|quickly|often|frequent)",
    r"\b(?:flood|volume|burst)\b",
    r"\b(?:exceed\w*|maximum|max|high|limit(?:ed|s)?) (?:\w+ ){0,4}rates?\b",
    r"\brates? (?:\w+ ){0,2}(?:exceed|too high|limit)",
    r"\b(?:server|system|service|host)s? (?:is |are )?(?:too |currently )?busy\b|\btoo busy\b",
    r"\b(?:quota|limits?|threshold|allowance)\b",
    rf"\bexceed\w* [^;]{{0,90}}\b(?:maximum|allowed|number|{_OURS})\b",
    rf"\b{_OURS} [^;]{{0,90}}\bper {_TIME}\b",
)
LATER: Final = _pattern(
    r"\b(?:try|retry|send|resend)\b[^.;]{0,90}\blater\b",
    r"(?<!\band )(?<!\bthen )\btry again\b",
)
# The recipient's mailbox, or the message itself: not our pace, whatever is exceeded.
BOX_OR_MESSAGE: Final = _pattern(
    r"\b(?:mail ?box|inbox|disk|storage|hops?|loops?|received headers?|receiving)\b",
    r"\b(?:size|large|larger|big|bigger|bytes?|lines?|long|longer|length|characters?)\b",
    r"\b(?:headers?|links?|urls?|uris?|attachments?|mime|parts?|nest(?:ed|ing)|virus(?:es)?)\b",
    r"\b(?:alias(?:es)?|forward(?:s|ing)?|redirect(?:s|ions?)?)\b|\d ?[kmg]i?b\b",
)
NOT_SURELY_OURS: Final = _pattern(
    r"\b(?:users?|accounts?|recipients?)(?:'s)? (?:\w+ )?(?:is|are|was|has|over|exceeds?)\b",
    r"\bover (?:the |its |their |his |her )?quota\b|\b(?:spam|score[ds]?)\b",
    r"\b(?:spf|dkim|dmarc|dns|lookups?)\b",
    r"\bsender (?:address|domain|verif\w+)\b",
)
# A quota is our own only with words like these; "quota exceeded" alone may be the recipient's.
OWN_QUOTA: Final = _pattern(rf"\b(?:sender'?s?|rate|per|{_OURS})\b")
RECIPIENT: Final = _pattern(r"\brecipients?\b|\buser (?:unknown|not)\b")


# A message that is too large, and one that the server does not like (both may be a 552).
SIZE: Final = _pattern(
    r"\b(?:size|large|larger|big|bigger|bytes?|long|longer|length)\b|\d ?[kmg]i?b\b"
)
DISLIKED: Final = _pattern(
    r"\b(?:spam|polic(?:y|ies)|content|virus(?:es)?|malware|security|blocked|attachments?)\b"
)


class Refusal(NamedTuple):
    """A way to refuse this mailer, whichever e-mail it sends: what it means, and what to look at.

    `unless`: words that make it a refusal of this e-mail after all.
    """

    words: re.Pattern[str]
    what: str
    see: str
    unless: re.Pattern[str] | None = None


LOGIN_SETTINGS: Final = "EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS and EMAIL_USE_SSL"
TLS_SETTINGS: Final = "EMAIL_USE_TLS, EMAIL_USE_SSL and EMAIL_PORT"
LOGIN: Final = Refusal(
    _pattern(
        r"\brelay(?:ing)?\b[^;,]{0,40}\b(?:denied|prohibited|forbidden|disabled|rejected)\b",
        r"\brelay(?:ing)? (?:is )?not (?:permitted|allowed)\b",
        r"\b(?:unable|refuse[sd]?|cannot|can't|won't|not \w+) to relay\b",
        r"\b(?:cannot|can't|won't|not?) relay(?:ing)?\b|\brcpthosts\b",
        r"\bauth(?:entication|orization)?(?: is)? (?:required|needed)\b",
        r"\bmust (?:first )?(?:be authenticated|authenticate|log ?in)\b(?! with)",
        r"\bnot (?:logged ?in|authenticated)\b|\bplease (?:authenticate|log ?in)\b",
        r"\b(?:authenticate|auth(?: command)?|log ?in) first\b",
        r"\bpermissions? to (?:submit|relay)\b",
        r"\bunauthenticated (?:senders?|users?|clients?|connections?|relaying)\b[\w ]{0,12} not\b",
    ),
    "The server wants a login before it relays for us",
    "EMAIL_HOST_USER and EMAIL_HOST_PASSWORD",
    _pattern(
        r"\b(?:spf|dkim|dmarc)\b",
        # Exchange: some recipients take mail only from their own people.
        r"\bresolver\.rst\b|\bdelivery restriction",
        r"^(?!.*\brelay).*\b(?:this|to the) (?:group|list|mail ?box|recipient|user|folder)\b",
    ),
)
GREETING: Final = Refusal(
    _pattern(r"\b(?:helo|ehlo)\b", r"\bfully[ -]qualified (?:host|domain)"),
    "The server does not accept the name in our greeting",
    "EMAIL_EHLO_NAME",
    _pattern(r"\baddress rejected\b"),
)
BLOCKED: Final = Refusal(
    _pattern(
        r"\bblocked using\b|\b(?:rbl|dnsbl|blackhole|spamhaus|spamcop)\b",
        r"\b(?:block|black|deny)[ -]?list(?:ed|s)?\b|\blisted (?:at|in|by|on)\b",
        r"\b(?:client|connecting|sending|sender|your) (?:host|ip|server)\b[^;]{0,90}"
        r"\b(?:rejected|blocked|banned|denied|refused)\b",
        r"\b(?:banned|blocked) (?:\w+ )?(?:ip|host)\b",
        r"\breverse (?:dns|host ?name|lookup)\b|\brdns\b|\bptr\b",
        r"\b(?:sending|outgoing|outbound) (?:\w+ ){0,2}(?:suspended|suspension|paused|disabled)\b",
        r"\bsending (?:is )?not (?:permitted|allowed)\b|\bunusual sending activity\b",
        r"\bbad outbound sender\b|\bconnections (?:\w+ ){0,3}not (?:be )?accepted\b",
        r"\byour (?:\w+ ){0,2}account (?:\w+ ){0,3}"
        r"(?:suspended|blocked|disabled|deactivated|locked)\b",
        r"\byour (?:\w+ ){0,2}account (?:\w+ )?not (?:yet |been )*(?:activated|active|enabled)\b",
        r"\b(?:from this|from your|the|your) ip\b[^;]{0,60}"
        r"(?:\bnot (?:\w+ )?(?:authorized|allowed|accepted)|\breputation)",
        r"\bnot accepted from (?:this|your) ip\b|\bpoor reputation\b",
        r"\bfrom (?:ip|\[?[\d.:a-f]+\]?) weren't sent\b",
    ),
    "The server blocks this machine or this account",
    "what the server's operator says",
    _pattern(
        r"\b(?:sender|from) (?:address|domain)\b|(?<!intended )\brecipient\b|\bspf\b",
        r"\b(?:urls?|uris?|links?|content|body|attachments?|surbl|uribl|dbl)\b",
        r"\b(?:words?|phrases?|subject|message contains)\b",
        r"^(?:e-?mail )?address\b(?!\W*\d)",
    ),
)
REFUSALS: Final = (
    LOGIN,
    Refusal(
        _pattern(
            r"\b(?:starttls|tls|ssl|encryption)\b[\w ]{0,12} (?:required|needed)\b",
            r"\bmust issue (?:a )?starttls\b",
        ),
        "The server wants an encrypted connection",
        TLS_SETTINGS,
    ),
    GREETING,
    BLOCKED,
)
