"""Dovecot's submission server: logs users in and passes their mail on to the next hop."""

from pathlib import Path

from dev.mail_servers.plan import HOSTNAME, MAIL_USER, SINK, SMTP, SMTPS, Plan
from dev.mail_servers.roots import user_ids
from dev.mail_servers.settings import LOGIN, ServerSettings
from dev.processes import ServiceError

_CONFIGURATION = """\
protocols = submission
listen = 127.0.0.1
hostname = {hostname}
base_dir = /run/dovecot
log_path = {folder}/server.log
auth_verbose = yes
disable_plaintext_auth = no
mail_location = maildir:{folder}/users/%u
first_valid_uid = 1
passdb {{
  driver = static
  args = user={login[0]} password={login[1]}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/users/%u
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {sink}
submission_relay_trusted = no
service submission-login {{
  inet_listener submission {{
    port = {smtp}
  }}
  inet_listener submissions {{
    port = {smtps}
    ssl = yes
  }}
}}
{more}
"""


def plan(settings: ServerSettings, folder: Path, root: Path) -> Plan:
    """Write the configuration below `folder`.

    Raises:
        ServiceError: Dovecot cannot do what the settings say.
    """
    s = settings
    if s.recipients or s.mails or s.errors or s.greylist or s.strict_helo or s.disk:
        raise ServiceError("Dovecot here limits connections, and has logins and TLS.")
    if any(" " in part for part in s.login or LOGIN):
        raise ServiceError(
            "Dovecot's `passdb static` ends a word at a space: take a login without."
        )
    uid, gid = user_ids(root, MAIL_USER)
    etc = folder / "etc"
    etc.mkdir()
    (etc / "dovecot.conf").write_text(
        _CONFIGURATION.format(
            hostname=HOSTNAME,
            folder=folder,
            login=s.login or LOGIN,
            uid=uid,
            gid=gid,
            sink=SINK,
            smtp=SMTP,
            smtps=SMTPS if s.certificate else 0,
            more="\n".join(_more(s, folder)),
        )
    )
    (folder / "users").mkdir(mode=0o777)
    (folder / "users").chmod(0o777)
    return Plan(
        mounts={"/etc/dovecot": etc},
        spool="",
        command=("/usr/sbin/dovecot",),
        log=folder / "server.log",
        helpers=("--sink", str(folder / "mail")),
    )


def _more(settings: ServerSettings, folder: Path) -> list[str]:
    found = []
    if settings.limit and settings.limit_of == "client":
        found.append(f"mail_max_userip_connections = {settings.limit}")
    if settings.limit and settings.limit_of == "server":
        # A process for each connection, from its login on.
        found.append(f"service submission {{\n  process_limit = {settings.limit}\n}}")
    if settings.certificate:
        found += [
            "ssl = yes",
            f"ssl_cert = <{folder}/tls/certificate.pem",
            f"ssl_key = <{folder}/tls/key.pem",
        ]
    else:
        found.append("ssl = no")
    return found
