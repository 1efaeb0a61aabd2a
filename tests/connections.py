"""Connections by which tests speak HTTP in bytes."""

import socket

import httpx

from tests.patience import PATIENCE


def connected(address: httpx.URL | str, source: str | None = None) -> socket.socket:
    """Return a connection to a server, which whoever asks closes.

    Args:
        address: of the server; source: the address that the caller has, where it matters.
    """
    url = httpx.URL(address)
    return socket.create_connection(
        (url.host, url.port or 80), timeout=PATIENCE, source_address=(source, 0) if source is not None else None
    )


def rest(connection: socket.socket) -> bytes:
    """Return what is answered until the server hangs up."""
    answer = b""
    try:
        while piece := connection.recv(65_536):
            answer += piece
    except ConnectionResetError:  # It hung up on what it had not read.
        pass
    return answer
