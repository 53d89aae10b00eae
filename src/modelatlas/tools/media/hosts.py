"""Which hosts may be asked for media, and at which addresses: names are looked up once, and only that is used."""

import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.media.policy import Policy

Resolver = Callable[[str, int], Sequence[str]]
Address = IPv4Address | IPv6Address

SETTING = "MODELATLAS_MEDIA_HOSTS"
_TRANSLATED = ip_network("64:ff9b::/96")


class Refused(BadInput):
    """An address that the policy does not let anybody ask; the text is the reason, without the field."""


def system_addresses(host: str, port: int) -> Sequence[str]:
    """The addresses of a host as the system knows them."""
    return list(dict.fromkeys(str(it[4][0]) for it in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def check_host(host: str, policy: Policy) -> None:
    """Raise Refused unless the policy names the host."""
    if not policy.allowed_hosts:
        raise Refused(
            f"no host may be asked for media; name {host} in {SETTING}, or give a file by its path or as a data URI"
        )
    if not any(_covers(pattern, host) for pattern in policy.allowed_hosts):
        raise Refused(f"{host} is not among the hosts that may be asked for media; name it in {SETTING}")


def checked_addresses(host: str, port: int, policy: Policy, resolve: Resolver, seconds: float) -> Sequence[str]:
    """The addresses of a host, every one of which may be asked. Raises Refused, TimeoutError."""
    try:
        found = _in_time(lambda: resolve(host, port), seconds)
    except TimeoutError:
        raise
    except (OSError, ValueError, OverflowError) as error:
        raise Refused(f"the host {host} of its URL is not known") from error
    if not found:
        raise Refused(f"the host {host} of its URL has no address")
    inside = host.lower().rstrip(".") in {it.lower().rstrip(".") for it in policy.private_hosts}
    if not inside and any(not is_public(it) for it in found):
        raise Refused(f"{host} leads to an address that is not public, and those are not asked for media")
    return found


def is_public(text: str) -> bool:
    """Whether an address is one of the open internet, also where an IPv4 address is wrapped in it."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(it.is_global and not it.is_multicast and not it.is_reserved for it in _meant(address))


def _meant(address: Address) -> list[Address]:
    if isinstance(address, IPv4Address):
        return [address]
    for inner in (address.ipv4_mapped, address.sixtofour, address.teredo and address.teredo[1]):
        if inner:
            return [inner]
    if address in _TRANSLATED:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]


def _covers(pattern: str, host: str) -> bool:
    pattern, host = pattern.lower().rstrip("."), host.lower().rstrip(".")
    return pattern in ("*", host) or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _in_time(work: Callable[[], Sequence[str]], seconds: float) -> Sequence[str]:
    """The answer, or TimeoutError: the system's own look-up knows no time limit."""
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(work())
        except Exception as error:  # handed on to the asker, whose thread this is not
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise TimeoutError
    if isinstance(answers[0], BaseException):
        raise answers[0]
    return list(answers[0])
