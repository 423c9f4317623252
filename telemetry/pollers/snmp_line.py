"""A UDP socket for pysnmp that hears one agent only.

pysnmp's own hears everybody, and takes an answer from anybody who guesses a request id. A connected socket has the
kernel look where an answer comes from, and say when nothing listens there.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from pysnmp.carrier.asyncio.dgram.udp import UdpAsyncioTransport
from pysnmp.carrier.asyncio.dgram.udp6 import Udp6AsyncioTransport


class _Connected:
    """What a connected socket does otherwise than pysnmp's own.

    heard: whether anything came since somebody set it to False
    """

    transport: asyncio.DatagramTransport
    on_error: Callable[[Exception], None]
    heard = False

    def datagram_received(self, datagram: bytes, transportAddress: Any) -> None:  # noqa: N803 - pysnmp's names
        """An answer, or what is meant to look like one."""
        self.heard = True
        super().datagram_received(datagram, transportAddress)  # type: ignore[misc]

    def send_message(self, outgoingMessage: bytes, transportAddress: Any) -> None:  # noqa: N803, ARG002 - pysnmp's names
        """To the one agent."""
        self.transport.sendto(outgoingMessage)

    def error_received(self, error: Exception) -> None:
        """The network's answer to what was sent."""
        self.on_error(error)


class _Udp(_Connected, UdpAsyncioTransport):  # type: ignore[misc]
    pass


class _Udp6(_Connected, Udp6AsyncioTransport):  # type: ignore[misc]
    pass


async def connect(host: str, port: int, *, is_ip6: bool, on_error: Callable[[Exception], None]) -> Any:
    """A transport for a pysnmp engine.

    Args:
        host: IP address of the agent
        port: its UDP port
        is_ip6: whether the address is of IP version 6
        on_error: called with what the network says of a datagram that did not get there

    Raises:
        OSError: there is no way to the host.
    """
    line: Any = _Udp6() if is_ip6 else _Udp()
    line.on_error = on_error
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: line, remote_addr=(host, port))
    return line
