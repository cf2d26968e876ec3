"""Every e-mail that Postroom ships, before every judge that is installed: `make judge`.

python -m dev.judging              # a table, and what is wrong; exit status 1 if anything is
python -m dev.judging --install    # html-validate and caniemail by npm into .dev/judge
python -m dev.judging inquiry      # only e-mails whose template has this in its name
"""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence

import django


def main(arguments: Sequence[str]) -> int:
    """Judge, or install; returns the exit status."""
    _set_up()
    from dev.judging import machines

    if "--install" in arguments:
        return _install()
    for name in machines.missing():
        print(f"{name} is not installed and is not asked (see python -m dev.judging --install)")
    counts, problems = _judged(arguments)
    names = list(next(iter(counts.values()), {}))
    print(f"{'e-mail':<36}" + "".join(f"{name:>15}" for name in names))
    for template, found in sorted(counts.items()):
        print(f"{template:<36}" + "".join(f"{found[name]:>15}" for name in names))
    for line in dict.fromkeys(problems):
        print(line)
    print(f"{len(problems)} defects")
    return 1 if problems else 0


def _judged(wanted: Sequence[str]) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Defects counted by template and judge, and each in words."""
    from dev.judging import machines
    from dev.judging.letters import CASES, LANGUAGES, letters
    from dev.judging.rendering import render
    from dev.judging.verdict import verdict

    rendered = [
        (letter, render(letter))
        for language in LANGUAGES
        for case in CASES
        for letter in letters(language, case)
        if all(word in letter.template for word in wanted)
    ]
    contents = [content for _, content in rendered]
    messages = [machines.message(content, letter.language) for letter, content in rendered]
    verdicts = {"own": [verdict(letter, content)[1] for letter, content in rendered]}
    verdicts["browser"] = _looked_at([content.html for content in contents])
    for name, judge in machines.judges().items():
        verdicts[name] = judge(contents, messages)
    if "rspamd" in verdicts:  # names in three scripts and markup as text are what spam looks like
        verdicts["rspamd"] = [
            [] if letter.case == "hostile" else found
            for (letter, _), found in zip(rendered, verdicts["rspamd"], strict=True)
        ]
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(verdicts, 0))
    problems = []
    for name, all_found in verdicts.items():
        for (letter, _), found in zip(rendered, all_found, strict=True):
            counts[f"{letter.template} {letter.language}"][name] += len(found)
            problems += [f"{name}: {letter}: {problem}" for problem in found]
    return counts, problems


def _looked_at(pages: Sequence[str]) -> list[list[str]]:
    from playwright.sync_api import sync_playwright

    from dev.install import ensure_chromium
    from dev.judging.browser import PHONE, axe_problems, problems

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=ensure_chromium(), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": PHONE, "height": 800})
        found = [problems(page, html) + axe_problems(page) for html in pages]
        browser.close()
    return found


def _install() -> int:
    from dev.judging.machines import NODE, PACKAGES

    print(f"Installing {' and '.join(PACKAGES)} by npm into {NODE}")
    print("For the others: apt-get install spamassassin rspamd")
    NODE.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--silent", "--no-fund", "--no-audit", *PACKAGES]
    return subprocess.run(command, cwd=NODE).returncode


def _set_up() -> None:
    """Django with the site's settings; nothing is asked of a database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroom.web.site.settings")
    os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    os.environ.setdefault("SECRET_KEY", "only for judging e-mails, which links it signs")
    os.environ.setdefault("STAFF_EMAILS", "office@example.org")
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop is on this thread
    django.setup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
