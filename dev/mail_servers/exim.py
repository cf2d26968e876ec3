"""Exim 4: its configuration for one server. Mail to any address is delivered to its maildir."""

import shutil
from pathlib import Path

from dev.mail_servers.plan import HOSTNAME, MAIL_USER, SMTP, SMTPS, Plan, lines
from dev.mail_servers.roots import user_ids
from dev.mail_servers.settings import ServerSettings
from dev.processes import ServiceError

_USER = "Debian-exim"
_REST = """
begin acl
rcpt:
  accept
data:
  accept

begin routers
all:
  driver = accept
  transport = maildir

begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  create_directory
  user = {user}
  group = {user}
  envelope_to_add
  return_path_add

begin retry
* * F,1h,2s

begin authenticators
{authenticators}
"""
_LOGIN = """
{name}:
  driver = plaintext
  public_name = {name}
  server_prompts = {prompts}
  server_condition = ${{if and{{{{eq{{{user}}}{{{login[0]}}}}}{{eq{{{secret}}}{{{login[1]}}}}}}}}}
  server_set_id = {user}
"""


def plan(settings: ServerSettings, folder: Path, root: Path) -> Plan:
    """Write the configuration below `folder`.

    Raises:
        ServiceError: Exim cannot do what the settings say.
    """
    if settings.greylist or settings.strict_helo or settings.errors:
        raise ServiceError("Exim here has no greylist, strict HELO or limit of errors.")
    etc, spool, log = (folder / name for name in ("etc", "spool", "log"))
    etc.mkdir()
    for own in (spool, log):
        own.mkdir()
        shutil.chown(own, *user_ids(root, _USER))
    rest = _REST.format(
        folder=folder, user=MAIL_USER, authenticators=_authenticators(settings.login)
    )
    (etc / "exim4.conf").write_text(lines(_main(settings, folder)) + rest)
    return Plan(
        mounts={"/etc/exim4": etc, "/var/spool/exim4": spool, "/var/log/exim4": log},
        spool="/var/spool/exim4",
        command=("/usr/sbin/exim4", "-bd", "-q2s"),
        log=log / "mainlog",
        queues=("input",),
        is_mail=_is_mail,
    )


def _is_mail(path: Path) -> bool:
    """A header file is written last, and its data file is removed first: without it the mail was
    delivered by a process that was killed while it tidied up."""
    return path.name.endswith("-H") and path.with_name(f"{path.name[:-1]}D").exists()


def _main(settings: ServerSettings, folder: Path) -> dict[str, object]:
    values: dict[str, object] = {
        "primary_hostname": HOSTNAME,
        "domainlist local_domains": "*",
        "local_interfaces": "127.0.0.1",
        "daemon_smtp_ports": f"{SMTP} : {SMTPS}" if settings.certificate else SMTP,
        "tls_advertise_hosts": "*" if settings.certificate else "",
        "acl_smtp_rcpt": "rcpt",
        "acl_smtp_data": "data",
        "never_users": "root",
        "rfc1413_query_timeout": "0s",
        "smtp_accept_queue_per_connection": 0,  # deliver at once, however many come
        "smtp_accept_max": 200,
    }
    if settings.limit:
        name = "smtp_accept_max_per_host" if settings.limit_of == "client" else "smtp_accept_max"
        values[name] = settings.limit
    if settings.recipients:
        values["recipients_max"] = settings.recipients
    if settings.mails:
        values["smtp_accept_max_per_connection"] = settings.mails
    if settings.disk:
        values["check_spool_space"] = f"{settings.disk // 5}K"
        values["check_spool_inodes"] = 0
    if settings.certificate:
        values["tls_certificate"] = folder / "tls" / "certificate.pem"
        values["tls_privatekey"] = folder / "tls" / "key.pem"
        values["tls_on_connect_ports"] = SMTPS
    return values


def _authenticators(login: tuple[str, str] | None) -> str:
    if login is None:
        return ""
    plain = _LOGIN.format(name="PLAIN", prompts=":", user="$auth2", secret="$auth3", login=login)
    prompts = "<| Username: | Password:"
    words = _LOGIN.format(
        name="LOGIN", prompts=prompts, user="$auth1", secret="$auth2", login=login
    )
    return plain + words
