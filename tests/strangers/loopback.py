"""Names below localhost are this computer, as RFC 6761 has it; Debian's resolver does not know them."""

import socket

_resolve = socket.getaddrinfo


def _resolve_localhost(host, *rest, **more):
    is_local = isinstance(host, str) and host.endswith(".localhost")
    return _resolve("127.0.0.1" if is_local else host, *rest, **more)


socket.getaddrinfo = _resolve_localhost
