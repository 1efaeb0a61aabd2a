"""From which address a request comes, as limits count it."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from starlette.requests import HTTPConnection

_PREFIX = 64
"""One connection has as many addresses of IPv6 as it likes, which share this many bits."""


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
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> (128 - _PREFIX) << (128 - _PREFIX)))
