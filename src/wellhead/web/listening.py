"""The socket that a server listens on, taken before anybody is told its address."""

from __future__ import annotations

import socket

from wellhead.errors import BadSetting

__all__ = ["address_of", "listen_on"]


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Whoever is told the address may connect at once, and waits for the first answer.

    Raises:
        BadSetting: the address cannot be had, as where another server has it.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OverflowError:
        listener.close()
        raise BadSetting(f"expected a port of 0 to 65535, got {port}.") from None
    except OSError as error:
        listener.close()
        raise BadSetting(f"cannot listen on {host}:{port}: {error.strerror}.") from error
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """``http://host:port``, with the name by which the host was called."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"
