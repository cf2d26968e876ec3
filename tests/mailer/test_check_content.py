"""What `postroom-mailer check` says about template folders and DKIM."""

import base64
from pathlib import Path

import pytest

from postroom.mailer.cli import check_dkim, check_templates
from postroom.mailer.errors import CheckFailedError
from postroom.mailer.message.dkim_signing import DkimSigner
from postroom.mailer.settings import MailerSettings, read_settings
from postroom.shared.env import Environment, SettingsError
from tests.support.queued_emails import make_email

KEY = base64.b64encode(bytes(range(32)))
OTHER = DkimSigner("example.org", "mail", base64.b64encode(bytes(32)))


def settings(**values: str) -> MailerSettings:
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    return read_settings(Environment(nowhere | values))


def record(signer: DkimSigner) -> str:
    assert isinstance(signer.key.public, bytes)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(signer.key.public).decode()}"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(SettingsError, match=rf"EMAIL_TEMPLATE_DIRS: .*{wrong.name}"):
            settings(EMAIL_TEMPLATE_DIRS=str(wrong))
    (tmp_path / "gone").mkdir()
    read = settings(EMAIL_TEMPLATE_DIRS=str(tmp_path / "gone"))
    (tmp_path / "gone").rmdir()
    with pytest.raises(CheckFailedError, match=r"gone: .*EMAIL_TEMPLATE_DIRS"):
        check_templates.templates(read)
    assert "in 2 folders" in check_templates.templates(settings(EMAIL_TEMPLATE_DIRS=str(tmp_path)))


def test_half_a_translation_is_named_and_languages_are_counted(tmp_path: Path) -> None:
    for name in ("a/body.txt", "a/body.de.txt", "b/body.txt", "b/body.html", "b/body.de.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    mailer = settings(EMAIL_TEMPLATE_DIRS=str(tmp_path), LANGUAGE_CODE="en-us")
    assert mailer.language == "en-US"
    with pytest.raises(CheckFailedError, match=r"^b: de has no body\.de\.html, so it is not used"):
        check_templates.templates(mailer)
    (tmp_path / "b/body.de.txt").unlink()
    assert " in de of " in check_templates.templates(mailer)
    with pytest.raises(SettingsError, match="LANGUAGE_CODE='C' is not a language"):
        settings(LANGUAGE_CODE="C")


@pytest.mark.django_db(transaction=True)
def test_a_template_that_waiting_emails_need_is_named(tmp_path: Path, database_url: str) -> None:
    make_email(template_path="ours/note")
    make_email("failed", template_path="ours/other")
    mailer = settings(EMAIL_TEMPLATE_DIRS=str(tmp_path), DATABASE_URL=database_url)
    with pytest.raises(CheckFailedError, match=r"e-mails wait for ours/note, which no folder"):
        check_templates.templates(mailer)
    (tmp_path / "ours/note").mkdir(parents=True)
    (tmp_path / "ours/note/body.txt").write_text("x")
    assert check_templates.templates(mailer)


def test_the_published_key_is_compared() -> None:
    signer = DkimSigner("example.org", "mail", KEY)
    asked: list[str] = []

    def published(*records: str) -> str:
        def ask(name: str) -> list[str]:
            asked.append(name)
            return [*records]

        return check_dkim.published(signer, ask)

    assert published("v=spf1 -all", record(signer)) == "published in DNS"
    assert asked == ["mail._domainkey.example.org"]
    with pytest.raises(CheckFailedError, match="has no TXT record mail"):
        published()
    for wrong in (record(OTHER), "v=DKIM1; k=rsa; p=AAAA", "v=DKIM1; p=", "nonsense"):
        with pytest.raises(CheckFailedError, match="has another key"):
            published(wrong)


@pytest.mark.parametrize(
    ("sender", "counts"),
    [("example.org", True), ("mail.example.org", True), ("org", True), ("example.com", False),
     ("notexample.org", False)],
)  # fmt: skip
def test_a_signature_counts_for_its_domain_and_below(sender: str, counts: bool) -> None:
    assert check_dkim.aligned(sender, "example.org") is counts


@pytest.mark.django_db(transaction=True)
def test_senders_for_whom_the_signature_does_not_count_are_named(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_email(from_email="Shop <shop@example.com>")
    make_email(from_email="office@example.org")
    mailer = settings(
        DATABASE_URL=database_url,
        DKIM_PRIVATE_KEY=KEY.decode(),
        DKIM_DOMAIN="example.org",
        DKIM_SELECTOR="mail",
    )
    monkeypatch.setattr(check_dkim, "txt_records", lambda name: [record(DkimSigner(
        "example.org", "mail", KEY))])  # fmt: skip
    said = check_dkim.dkim(mailer)
    assert said.startswith("d=example.org, s=mail, Ed25519; published in DNS; warning:")
    assert "example.com" in said


@pytest.mark.parametrize(
    "wrong", [{"DKIM_DOMAIN": "example.org; l=0"}, {"DKIM_SELECTOR": "a b"},
              {"DKIM_PRIVATE_KEY": "nonsense"}]
)  # fmt: skip
def test_a_mailer_does_not_start_with_settings_it_cannot_sign_with(wrong: dict[str, str]) -> None:
    good = {
        "DKIM_PRIVATE_KEY": KEY.decode(),
        "DKIM_DOMAIN": "example.org",
        "DKIM_SELECTOR": "mail",
    }
    assert settings(**good).dkim
    with pytest.raises(SettingsError, match="DKIM_"):
        settings(**good | wrong)
