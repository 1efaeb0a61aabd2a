"""From which address a request comes, as limits count it."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from starlette.requests import HTTPConnection

_PREFIX: Final = 56
"""A household or office has as many addresses of IPv6 as it likes, which share this many bits (RFC 6177)."""
_NAT64: Final = 0x0064_FF9B << 64
"""What stands before an address of IPv4 that is translated (RFC 6052), the last 32 bits left out."""


def address_of(request: HTTPConnection) -> str:
    """Return the address that a request comes from; of a proxy that is trusted, the one for which it asks.

    The server has read the header `X-Forwarded-For` of trusted proxies (`TRUSTED_PROXIES`) and of nobody else.
    """
    return counted_address(request.client.host) if request.client is not None else ""


@lru_cache(maxsize=4096)
def counted_address(host: str) -> str:
    """Return the address of a host, as it is counted."""
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if not isinstance(address, IPv6Address):
        return str(address)
    if (within := _ipv4_within(address)) is not None:
        return str(within)
    return str(IPv6Address(int(address) >> (128 - _PREFIX) << (128 - _PREFIX)))


def _ipv4_within(address: IPv6Address) -> IPv4Address | None:
    """Return the address of IPv4 that one of IPv6 stands for; else all who come by translation would be counted as one."""
    if int(address) >> 32 == _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
