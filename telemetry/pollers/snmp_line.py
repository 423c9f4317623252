"""A UDP socket for pysnmp that hears one agent only.

pysnmp's own hears everybody, and takes an answer from anybody who guesses a request id. A connected socket has the
kernel look where an answer comes from, and say when nothing listens there.

What is no answer to the last request, or no sound one, does not reach pysnmp: it would take milliseconds to find that
out by itself, in which nobody else is served.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from pysnmp.carrier.asyncio.dgram.udp import UdpAsyncioTransport
from pysnmp.carrier.asyncio.dgram.udp6 import Udp6AsyncioTransport

from telemetry.pollers.snmp_answer import UnsoundError, header, header_v3, number

_LONGEST_ENCRYPTED = 8192  # octets, several times what the objects of one request need


class _Connected:
    """What a connected socket does otherwise than pysnmp's own.

    is_v3: whether v3 is spoken
    heard: whether anything came since somebody set it to False
    """

    transport: asyncio.DatagramTransport
    on_error: Callable[[Exception], None]
    is_v3 = False
    heard = False
    _awaited: int | None = None  # the last request's number, until it is answered

    def datagram_received(self, datagram: bytes, transportAddress: Any) -> None:  # noqa: N803 - pysnmp's names
        """An answer, or what is meant to look like one."""
        self.heard = True
        try:
            if number(datagram) != self._awaited:
                return
            self._awaited = None
            answer = (header_v3 if self.is_v3 else header)(datagram)
        except UnsoundError as e:
            self.on_error(e)
            return
        if answer is not None or len(datagram) <= _LONGEST_ENCRYPTED:
            super().datagram_received(datagram, transportAddress)  # type: ignore[misc]

    def send_message(self, outgoingMessage: bytes, transportAddress: Any) -> None:  # noqa: N803, ARG002 - pysnmp's names
        """To the one agent."""
        self._awaited = number(outgoingMessage)
        self.transport.sendto(outgoingMessage)

    def error_received(self, error: Exception) -> None:
        """The network's answer to what was sent."""
        self.on_error(error)


class _Udp(_Connected, UdpAsyncioTransport):  # type: ignore[misc]
    pass


class _Udp6(_Connected, Udp6AsyncioTransport):  # type: ignore[misc]
    pass


async def connect(host: str, port: int, *, is_ip6: bool, is_v3: bool, on_error: Callable[[Exception], None]) -> Any:
    """A transport for a pysnmp engine.

    Args:
        host: IP address of the agent
        port: its UDP port
        is_ip6: whether the address is of IP version 6
        is_v3: whether v3 is spoken
        on_error: called with what the network says of a datagram that did not get there, and with `UnsoundError` for
            an answer that is none

    Raises:
        OSError: there is no way to the host.
    """
    line: Any = _Udp6() if is_ip6 else _Udp()
    line.on_error, line.is_v3 = on_error, is_v3
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: line, remote_addr=(host, port))
    return line
