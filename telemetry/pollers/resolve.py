"""From a host's name to its IP address."""

import asyncio
import socket

from telemetry.pollers.snmp_session import Refused


async def resolve(host: str, port: int) -> str:
    """The first IP address that a host's name has; an address as it is.

    Raises:
        Refused: the name is not known.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as e:
        raise Refused(
            f"the name {host} is not known here ({e.strerror or e}): check the name, and this host's DNS"
        ) from None
    return str(found[0][4][0])
