"""Judges that are programs of others: each gives its verdict over all e-mails, if it is installed.

html-validate and caniemail come from npm into `.dev/judge`, SpamAssassin and rspamd from the
system's packages. Nothing is installed here; `python -m dev.judging --install` says what it does.
None of them asks the network: they judge the content alone.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dev.judging.rspamd import Rspamd
from dev.keeper import ROOT
from postroom.mailer.message.build import build
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.shared.rendering.renderer import Content
from postroom.shared.status import RecipientKind

NODE: Final = ROOT / ".dev" / "judge"
PACKAGES: Final = ("html-validate", "caniemail")
MOST_SPAM: Final = 0.1  # SpamAssassin's points
# E-mail needs styles within tags and attributes that pages no longer use.
_RULES: Final = {
    "extends": ["html-validate:recommended", "html-validate:a11y"],
    "rules": dict.fromkeys(
        (
            "no-inline-style", "deprecated", "no-deprecated-attr", "void-style", "doctype-style",
            "no-trailing-whitespace", "prefer-tbody", "long-title", "attribute-boolean-style",
            "no-implicit-button-type", "tel-non-breaking", "text-content",
        ),
        "off",
    ),
}  # fmt: skip
_CLIENTS: Final = ("gmail.*", "apple-mail.*", "outlook.*", "yahoo.*", "thunderbird.*")
# What some client leaves out without harm: the letter is as readable without it, by light colours,
# square corners or a visible preheader.
_HARMLESS: Final = re.compile(
    r"prefers-color-scheme|@media|!important|selector|combinator|<style>|<body>|meta|mso-"
    r"|color-scheme|lang|dir|role|border-radius|max-width|width|height|display|overflow|opacity|word-break|letter-spacing"
    r"|line-height|margin|padding|background|bgcolor|font-weight"
)
# It fails on a property that its data does not have for some client: that one is taken out.
_CAN_I: Final = r"""
import { caniemail } from 'caniemail';
import { readFileSync } from 'node:fs';
const issuesOf = html => {
  for (;;) {
    try {
      return caniemail({ clients: CLIENTS, html }).issues;
    } catch (error) {
      const unknown = /Feature "([\w-]+)" not found/.exec(error.message);
      const without = unknown && html.replace(new RegExp(`${unknown[1]}\\s*:[^;"}]*;?`, 'g'), '');
      if (!unknown || without === html) throw error;
      html = without;
    }
  }
};
const found = process.argv.slice(2).map(file =>
  [...issuesOf(readFileSync(file, 'utf8')).errors.values()].flat().map(e => e.title ?? String(e)));
console.log(JSON.stringify(found));
"""
_SENT: Final = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
_ENVELOPE: Final = b"From office@example.org Mon Nov 30 09:00:00 2026\n"
_FROM: Final = re.compile(rb"^(From )", re.M)
_STATUS: Final = re.compile(
    rb"^X-Spam-Status: .*?score=(-?[\d.]+).*?tests=(.*?)(?:autolearn|\n\S)", re.S | re.M
)

Verdicts = list[list[str]]


def message(content: Content, language: str) -> bytes:
    """The message as the mailer would send it, unsigned."""
    email = ClaimedEmail(
        id=1,
        claim_token="0",
        attempt=1,
        max_attempts=5,
        ready_at=_SENT,
        message_id="<0123456789abcdef0123456789abcdef@example.org>",
        email_type="judged",
        subject=content.subject,
        from_email="Riverside Club <office@example.org>",
        language=language,
        recipients=(Recipient(1, RecipientKind.TO, "ann.lee@example.net", "Ann Lee"),),
        reply_to=("office@example.org",),
    )
    return build(email, content).data


def judges() -> dict[str, Callable[[Sequence[Content], Sequence[bytes]], Verdicts]]:
    """Those that are installed, by name."""
    found: dict[str, Callable[[Sequence[Content], Sequence[bytes]], Verdicts]] = {}
    if (NODE / "node_modules" / "html-validate").is_dir():
        found["html-validate"] = _html_validate
    if (NODE / "node_modules" / "caniemail").is_dir():
        found["caniemail"] = _caniemail
    if shutil.which("spamassassin"):
        found["SpamAssassin"] = _spamassassin
    if shutil.which("rspamd"):
        found["rspamd"] = _rspamd
    return found


def missing() -> list[str]:
    """The names of those that are not."""
    return [
        name
        for name in ("html-validate", "caniemail", "SpamAssassin", "rspamd")
        if name not in judges()
    ]


def _files(folder: Path, contents: Sequence[Content]) -> list[str]:
    names = []
    for number, content in enumerate(contents):
        file = folder / f"{number:04}.html"
        file.write_text(content.html, encoding="utf-8")
        names.append(str(file))
    return names


def _html_validate(contents: Sequence[Content], _: Sequence[bytes]) -> Verdicts:
    with tempfile.TemporaryDirectory() as folder:
        names = _files(Path(folder), contents)
        rules = Path(folder, "rules.json")
        rules.write_text(json.dumps({"root": True, **_RULES}))
        answer = Path(folder, "answer.json")  # a pipe loses the end of a long answer
        command = [
            str(NODE / "node_modules/.bin/html-validate"),
            "--config", str(rules), "--formatter", f"json={answer}", *names,
        ]  # fmt: skip
        subprocess.run(command, stdout=subprocess.DEVNULL, cwd=NODE)
        by_file = {
            str(Path(one["filePath"]).resolve()): [
                f"{message['ruleId']}: {message['message']}" for message in one["messages"]
            ]
            for one in json.loads(answer.read_text())
        }
        return [by_file.get(str(Path(name).resolve()), []) for name in names]


def _caniemail(contents: Sequence[Content], _: Sequence[bytes]) -> Verdicts:
    with tempfile.TemporaryDirectory() as folder:
        names = _files(Path(folder), contents)
        program = NODE / "judge-caniemail.mjs"
        program.write_text(_CAN_I.replace("CLIENTS", json.dumps(_CLIENTS)))
        command = ["node", str(program), *names]
        done = subprocess.run(command, capture_output=True, text=True, cwd=NODE)
        if done.returncode:
            raise RuntimeError(f"caniemail failed: {done.stderr[-500:]}")
        found: Verdicts = json.loads(done.stdout)
        return [[one for one in issues if not _HARMLESS.search(one)] for issues in found]


def _spamassassin(_: Sequence[Content], messages: Sequence[bytes]) -> Verdicts:
    # One run for all, because it takes seconds to start: a mailbox in, a mailbox out.
    mailbox = b"".join(_ENVELOPE + _FROM.sub(rb">\1", data.replace(b"\r\n", b"\n")) + b"\n"
                       for data in messages)  # fmt: skip
    command = ["spamassassin", "--local", "--test-mode", "--mbox"]
    done = subprocess.run(command, input=mailbox, capture_output=True, check=True)
    found: Verdicts = []
    for status in _STATUS.finditer(done.stdout):
        points, rules = float(status[1]), re.sub(r"\s+", "", status[2].decode())
        found.append([f"{points} points: {rules}"] if points > MOST_SPAM else [])
    return found


def _rspamd(_: Sequence[Content], messages: Sequence[bytes]) -> Verdicts:
    with Rspamd() as server:
        return [server.judge(data) for data in messages]
