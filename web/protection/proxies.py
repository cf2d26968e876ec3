"""Which proxies are trusted about the address of a client: a number of them, or their networks."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

UNIX: Final = "unix"  # in place of a network: proxies that connect through a Unix socket


@dataclass(frozen=True, slots=True)
class Proxies:
    """`count` proxies, or those of `networks`; without both, none is trusted."""

    count: int = 0
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    unix: bool = False


def trusted_proxies(value: int | str | Iterable[str]) -> Proxies:
    """Read the setting: `1`, `"1"`, `"10.0.0.0/8, 192.0.2.7, unix"`, or a list of such words.

    Raises:
        ValueError: neither a number from 0 to 100 nor networks; the message names the word.
    """
    if isinstance(value, int):
        return _counted(value)
    words = value.split(",") if isinstance(value, str) else [str(word) for word in value]
    return _parsed(tuple(word.strip() for word in words if word.strip()))


@lru_cache(maxsize=8)
def _parsed(words: tuple[str, ...]) -> Proxies:
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        return _counted(int(words[0]))
    networks = []
    for word in words:
        if word == UNIX:
            continue
        try:
            networks.append(ip_network(word))
        except ValueError as error:
            raise ValueError(
                f"{word!r} is neither a number of proxies nor a network such as 10.0.0.0/8"
            ) from error
    return Proxies(networks=tuple(networks), unix=UNIX in words)


def _counted(count: int) -> Proxies:
    if not 0 <= count <= 100:
        raise ValueError(f"{count} is not a number of proxies from 0 to 100")
    return Proxies(count=count)
