"""To whom a staging site mails: EMAIL_REDIRECT_ALL_TO and EMAIL_ALLOWED_DOMAINS."""

from dataclasses import dataclass

from postroom.shared.addresses import canonical, canonical_domain
from postroom.shared.env import Environment, SettingsError, shown
from postroom.shared.errors import HeaderError


@dataclass(frozen=True, slots=True)
class RecipientRule:
    """Mail goes to `redirect_to` instead, if any; and only to addresses of `domains`, if any."""

    redirect_to: tuple[str, ...] = ()
    domains: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.redirect_to or self.domains)

    def allows(self, address: str) -> bool:
        """Whether this address, as a row has it, may be mailed."""
        if self.redirect_to or not self.domains:
            return True
        try:
            return canonical_domain(address.rpartition("@")[2]) in self.domains
        except HeaderError:
            return False

    def sentence(self) -> str:
        """What it does, for people; empty without a rule."""
        if self.redirect_to:
            return (
                f"mail is redirected to {', '.join(self.redirect_to)} (EMAIL_REDIRECT_ALL_TO): "
                "nobody else gets any"
            )
        if self.domains:
            return (
                f"mail goes only to addresses at {', '.join(sorted(self.domains))} "
                "(EMAIL_ALLOWED_DOMAINS)"
            )
        return ""


def recipient_rule(env: Environment) -> RecipientRule:
    """The rule of both settings; without them mail goes where it was sent to.

    Raises:
        SettingsError: one of them makes no sense, or the first names an address that the second
            does not allow.
    """
    redirect_to = tuple(map(_address, _given(env, "EMAIL_REDIRECT_ALL_TO")))
    domains = frozenset(map(_domain, _given(env, "EMAIL_ALLOWED_DOMAINS")))
    for address in redirect_to:
        if not RecipientRule(domains=domains).allows(address):
            raise SettingsError(
                f"EMAIL_REDIRECT_ALL_TO: {shown(address)} is not at a domain of "
                "EMAIL_ALLOWED_DOMAINS"
            )
    return RecipientRule(redirect_to, domains)


def _given(env: Environment, name: str) -> list[str]:
    found = env.listing(name)
    # "," must not mean "no limit".
    if not found and env.text(name).strip():
        raise SettingsError(f"{name} is set and names nothing; leave it out or name something")
    return found


def _address(value: str) -> str:
    try:
        return canonical(value)
    except HeaderError as error:
        raise SettingsError(
            f"EMAIL_REDIRECT_ALL_TO: {shown(value)} is not an address: {error}"
        ) from error


def _domain(value: str) -> str:
    try:
        return canonical_domain(value)
    except HeaderError as error:
        raise SettingsError(
            f"EMAIL_ALLOWED_DOMAINS: {shown(value)} is not a domain like example.org: {error}"
        ) from error
