"""Replies of real servers, sorted by what they are about; some words of the e-mail in them."""

CROWDED = [
    "432 4.3.2 Concurrent connections limit exceeded. Visit https://example.org/help",
    "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
    "421 4.7.0 Too many concurrent SMTP connections; please try again later",
    "421 Too many connections from your IP",
    "421 4.3.2 Maximum number of connections from user+IP exceeded "
    "(mail_max_userip_connections=10)",
    "421 4.7.0 mx.example.org Error: too many connections from unknown[192.0.2.1]",
    "421 4.7.0 mx.example.org Error: too many new TLS sessions from unknown[192.0.2.1]",
    "421 mx.example.org: Too many concurrent SMTP connections; please try again later",
    "421 4.3.2 Connection rate limit exceeded.",
    "421 RP-002 Your server has exceeded the connection limit allowed.",
    "421 4.7.0 Connections from 192.0.2.1 exceed limit",
    "450 4.7.1 Session limit reached",
    "452 too many connections",
    "550 maximum concurrent sessions reached",
    "554 5.7.0 Too many open connections",
]
NOT_CROWDED = [
    "250 too many connections",
    "421 4.4.2 Connection timed out",
    "421 4.7.0 Error: too many errors",
    "421 Max message per connection reached, closing transmission channel",
    "421 Too many bad commands this session",
    "421 message per session limit reached",
    "421 too many messages in one connection",
    "450 4.7.1 Error: too many recipients from 192.0.2.1",
    "452 4.5.3 too many recipients",
    "454 Throttling failure: Maximum sending rate exceeded",
    "550 5.1.1 <too many connections@example.org>: unknown",
    '550 5.1.1 "too many connections"@example.org: unknown',
    "554 5.4.6 Too many hops",
]
SLOWER = [
    "454 Throttling failure: Daily message quota exceeded",
    "454 Throttling failure: Maximum sending rate exceeded",
    "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded",
    "432 4.3.2 System not accepting messages",
    "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77714)",
    "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
    "reputation",
    "421 4.7.0 Try again later, closing connection.",
    "450 4.7.1 Error: too much mail from 192.0.2.1",
    "450 4.7.1 Error: too many recipients from 192.0.2.1",
    "450 4.3.2 Service currently unavailable",
    "421-4.7.28 Our system has detected an unusual rate of unsolicited mail originating from "
    "your IP address",
    "421 4.4.5 Server busy, try again later.",
    "450 4.7.3 Organization queue quota exceeded.",
    "451 4.7.1 Rate limit exceeded",
    "452 4.3.1 You have exceeded your hourly sending limit",
    "450 too many messages, slow down",
    "421 RP-001 The mail server IP connecting to Outlook.com server has exceeded the rate "
    "limit allowed.",
    "450 4.7.1 <a@b.c>: Recipient address rejected: Policy Rejection- Quota exceeded",
    "451 4.3.2 Please try again later",
    "421 too many messages in one connection",
    "450 4.7.28 unusual rate",
    "451 4.7.0 Too many messages",
    "450 4.7.0 rate limit",
]
USED_UP = [
    "550 5.4.5 Daily sending quota exceeded",
    "550-5.4.5 Daily SMTP relay limit exceeded for user",
    "550 5.7.0 too many",
    "550 5.7.0 Too many messages",
    "554 5.7.0 try again",
    "554 5.7.0 Try again later",
    "550 5.7.1 Daily user sending quota exceeded",
    "550 5.7.1 Email quota exceeded.",
    "550 5.1.90 Your message can't be sent because you've reached your daily limit for "
    "message recipients",
    "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; the sender's "
    "submission quota was exceeded",
    "550 5.7.705 Access denied, tenant has exceeded threshold",
    "554 5.7.1 <a@b.c>: Recipient address rejected: You have exceeded your Outmail quota.",
    "550 Your account has exceeded its daily sending limit",
    "552 You have exceeded your hourly limit of messages",
    "550 Domain example.org has exceeded the max emails per hour (50/50 (100%)) allowed. "
    "Message discarded.",
    "554 5.7.1 Sending limits exceeded",
    "550 5.7.28 mail flood",
    "550 rate limited",
    "550 message rate exceeded",
]
LOGIN = [
    "554 5.7.1 <a@b.c>: Relay access denied",
    "454 4.7.1 <a@b.c>: Relay access denied",
    "550 relay not permitted",
    "550 5.7.1 Relaying denied. Proper authentication required.",
    "550 5.7.1 Unable to relay",
    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
    "550 5.7.64 TenantAttribution; Relay Access Denied",
    "550-5.7.1 Mail relay denied [192.0.2.1]",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "550 authentication required",
    "550 5.7.1 We do not relay",
    "553 5.7.1 <office@example.org>: Sender address rejected: not logged in",
    "550 Not authenticated",
    "500 5.5.1 Not logged in",
    "554 5.7.0 Please authenticate",
    "550 Authenticate first",
    "550 Unable to relay to this recipient, authentication required",
    "550 5.7.1 Client does not have permission to submit mail to this server",
]
GREETING = [
    "504 5.5.2 <3f2a9c0b1d>: Helo command rejected: need fully-qualified hostname",
    "550 5.7.1 <3f2a>: Helo command rejected: Access denied",
    "450 4.7.1 <3f2a>: Helo command rejected: Host not found",
    "501 Syntactically invalid HELO argument(s)",
    "550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)",
    "504 Command parameter not implemented",
]
BLOCKED = [
    "554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using "
    "zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.7",
    "450 4.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org",
    "550 5.7.1 Unfortunately, messages from [1.2.3.4] weren't sent. Please contact your "
    "Internet service provider since part of their network is on our block list (S3150).",
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
    "554 5.7.1 <unknown[1.2.3.4]>: Client host rejected: Access denied",
    "450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
    "550 5.7.1 192.0.2.1 listed at rbl.example.org",
    "550 Address 192.0.2.1 is blacklisted",
    "554 Message rejected: Sending suspended for this account",
    "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP",
    "550 5.7.501 Service unavailable. Access denied, spam abuse detected",
    "550 5.7.511 Access denied, banned sender[192.0.2.1]",
    "550 SC-001 Unfortunately, messages from 192.0.2.1 weren't sent. Please contact your Internet "
    "service provider.",
    "554 Your access to this mail system has been rejected due to the sending MTA's poor "
    "reputation. If you believe that this failure is in error, please contact the intended "
    "recipient via alternate means.",
    "550-5.7.1 The IP you're using to send mail is not authorized to send email directly to our "
    "servers.",
]
TLS = [
    "451 5.7.3 STARTTLS is required to send mail",
    "550 5.7.10 Encryption required",
]
ABOUT_THE_EMAIL = [
    "550 5.1.1 <relay.access.denied@b.c>: unknown",
    "550 5.1.1 <a@b.c>: Recipient address rejected: undeliverable address: host "
    "mx.b.c[1.2.3.4] said: 550 blocked using zen (in reply to RCPT TO command)",
    "450 4.1.1 <a@b.c>: Recipient address rejected: unverified address: host mx.b.c[1.2.3.4] "
    "said: 450 too many mails",
    "504 5.5.2 <user>: Sender address rejected: need fully-qualified address",
    "554 5.4.6 Too many hops",
    "554 too many Received headers",
    "552 5.3.4 Message size exceeds fixed limit",
    "552 message too big",
    "550 5.7.1 Message contains a URL listed in dbl.spamhaus.org",
    "554 5.7.1 spam score 9.1 exceeds threshold 5",
    "452 4.2.2 The email account that you tried to reach is over quota",
    "552 5.2.2 over quota",
    "552 mailbox full",
    "450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please "
    "resend your message at a later time",
    "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents "
    "additional messages",
    "450 4.2.1 mailbox rate limit",
    "550 user over quota",
    "550 mailbox quota exceeded, try again later",
    "452 4.5.3 too many recipients",
    "452 4.5.3 Your message has too many recipients. For more information regarding Google's "
    "sending limits",
    "550 5.7.26 unauthenticated",
    "550-5.7.26 Your email has been blocked because the sender is unauthenticated. Gmail "
    "requires all senders to authenticate with either SPF or DKIM.",
    "550 5.7.1 policy",
    "550 5.6.0 Lines longer than SMTP limit",
    "500 5.5.2 line too long",
    "550 5.1.2 unknown host, try again later",
    "451 4.3.0 Temporary failure, please try again later",
    "421 4.3.2 shutting down",
    "452 4.3.1 Insufficient system storage",
    "550 5.7.1 SPF PermError: too many DNS lookups",
    "550 5.7.1 Message rejected as spam; fix it and try again",
    "554 5.7.1 spam: tests=HELO_NO_DOMAIN,RCVD_IN_SORBS",
    "550 maximum size of 10MB exceeded",
    "550 5.7.1 Service refused; Sender address [a@x.y] blocked using dbl.spamhaus.org",
    "550 Sender verify failed, try again later",
    "450 mailbox busy",
    "550 5.1.10 null MX",
    "550 The user you are trying to reach is over quota",
    "550-5.7.1 Your message scored 9, above our limit of 5",
    "550 Recipient rejected, try again later",
    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery "
    "restriction check failed because the sender was not authenticated when sending to this group",
    "550 5.7.134 RESOLVER.RST.SenderNotAuthenticatedForMailbox; authentication required",
    "550 5.7.124 Sender not in allowed-senders list",
    "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
    "550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized",
    "550 5.7.1 Message to this group requires that you must be authenticated",
    "550 5.7.1 Message contains blacklisted words",
    "554 5.7.1 Your message was rejected: phrase on our block list",
    "550 Address blacklisted",
    "550 Email address <a@b.c> is blacklisted",
    "550 5.7.1 The subject is on our block list",
    "552 5.7.0 This message was blocked because its content presents a potential security issue",
    "552 spam message rejected",
    "550 5.7.1 <a@b.c>: Sender address rejected: not owned by user ann",
]
GREYLISTED = [
    "451 4.7.1 rate",
    "450 4.7.1 <a@b>: Client host rejected: Greylisted, try again later",
    "450 4.2.0 <a@b>: Recipient address rejected: Greylisted",
    "451 4.7.1 Please try again later",
]
