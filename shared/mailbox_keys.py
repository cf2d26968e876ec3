"""The mailbox behind an address, as strictly as a limit on strangers needs it (pure).

A limit that counts addresses is none: one mailbox has as many addresses as its provider allows
tags, dots and other names of its domain. Too strict does little harm here, because two people only
share a limit; never decide by this key who gets mail.
"""

import re
import unicodedata
from typing import Final

from postroom.shared.addresses import comparison_key

# Domains of one provider whose addresses lead to the same mailbox, and what it does not read.
_NAMES: Final = {
    "googlemail.com": "gmail.com",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "pm.me": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "ya.ru": "yandex.ru",
    "narod.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
    "yandex.by": "yandex.ru",
    "yandex.kz": "yandex.ru",
    "yandex.ua": "yandex.ru",
    "yandex.com.tr": "yandex.ru",
}
_UNREAD: Final = {"gmail.com": ".", "proton.me": ".-_", "yandex.ru": ".-"}
# Tags behind a hyphen, as well as behind the plus that is understood nearly everywhere.
_HYPHEN: Final = re.compile(r"(?:yahoo\.|ymail\.|rocketmail\.|myyahoo\.)")
# A subdomain of one's own: anything@ann.fastmail.com is ann@fastmail.com.
_SUBDOMAINS: Final = re.compile(r"([^.]+)\.(fastmail\.(?:com|fm)|sent\.com|messagingengine\.com)")
_IGNORED: Final = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f]"
)


def mailbox_key(address: str) -> str:
    """Equal for all spellings of one mailbox: case, tags, dots, full-width letters, providers.

    Any text is taken; what is not an address has its own key.
    """
    local, _, domain = comparison_key(address).rpartition("@")
    local = local.strip('"').replace("\\", "")
    local = _IGNORED.sub("", unicodedata.normalize("NFKC", local)).casefold()
    if own := _SUBDOMAINS.fullmatch(domain):
        local, domain = own[1], own[2]
    domain = _NAMES.get(domain, domain)
    local = local.partition("+")[0] or local
    if _HYPHEN.match(domain):
        local = local.partition("-")[0] or local
    for sign in _UNREAD.get(domain, ""):
        local = local.replace(sign, "") or local
    return f"{local}@{domain}"
