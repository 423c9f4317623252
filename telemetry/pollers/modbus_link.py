"""A connection to a Modbus TCP server, for reading. By pymodbus."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from device_profiles.schema import Space
from telemetry.address import ModbusAddress
from telemetry.pollers.modbus_spans import Span

# What the library logs as errors is told here, in the answer's sentence.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

_TRIES = 2  # the second over a new connection: many devices close one that was idle
_MEANINGS = {  # Modbus Application Protocol 1.1b3, 7
    1: "it does not know this kind of read",
    2: "it does not have these registers",
    3: "it does not allow reading so many registers, or not these",
    4: "it failed while it read them",
    5: "it needs longer",
    6: "it is busy",
    8: "its memory is faulty",
    10: "the gateway has no way to that unit: check the unit id",
    11: "the unit behind the gateway does not answer: check the unit id, and the line behind the gateway",
}
_NOT_THERE = (1, 2, 3)  # the exception codes by which a device says that it has no such registers
_UNIT_SILENT = (10, 11)  # by which a gateway says so for it


class ModbusFailure(Exception):  # noqa: N818 - what happened, not a fault of this program
    """The device was not read. The text is a sentence for people."""


class ModbusRefusal(ModbusFailure):
    """The device answered with an exception code.

    says_not_there: the device says that it has no such registers
    unit_is_silent: a gateway says so of the unit behind it
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.says_not_there = code in _NOT_THERE
        self.unit_is_silent = code in _UNIT_SILENT


class ModbusLink:
    """Reads registers. Connects when it is first used, and anew after every failure."""

    def __init__(self, address: ModbusAddress, *, timeout: float) -> None:
        """Nothing is sent yet.

        Args:
            address: the server, and the unit behind it
            timeout: seconds for one read, its repeat included
        """
        self.address = address
        self._timeout = timeout
        self._client: AsyncModbusTcpClient | None = None

    async def read(self, span: Span) -> dict[int, int]:
        """The registers (0 to 65535) or bits (0, 1) of a span, by number on the wire.

        Raises:
            ModbusRefusal: the device answered with an exception code.
            ModbusFailure: it did not answer, or with something else.
        """
        failure = ModbusFailure()
        for _ in range(_TRIES):
            try:
                return await self._read(span)
            except ModbusRefusal:
                raise
            except ModbusFailure as e:
                failure = e
                self.close()
            except BaseException:
                self.close()
                raise
        raise failure

    def close(self) -> None:
        """End the connection. Harmless when called twice."""
        if self._client:
            self._client.close()
        self._client = None

    async def _read(self, span: Span) -> dict[int, int]:
        client = await self._connected()
        ask = _reader(client, span.space)
        try:
            answer = await ask(span.start, count=span.count, device_id=self.address.unit)
        except (ModbusException, OSError):
            raise ModbusFailure(
                f"no answer from {self.address} in {self._timeout:.1f} s, though the connection was made: check the unit "
                "id, and whether the device allows this host and one more connection"
            ) from None
        if answer.isError():
            raise self._refusal(answer, span)
        is_bits = span.space in ("coil", "discrete")
        got = answer.bits if is_bits else answer.registers
        expected = (span.count + 7) // 8 * 8 if is_bits else span.count  # bits come in whole octets
        if len(got) != expected:
            raise ModbusFailure(
                f"{self.address} was asked for {_shown(span)} and sent {len(got)} values in place of {expected}: check "
                "what listens on that port"
            )
        return {span.start + i: int(word) for i, word in enumerate(got[: span.count])}

    def _refusal(self, answer: ModbusPDU, span: Span) -> ModbusRefusal:
        code = int(getattr(answer, "exception_code", 0))
        meaning = _MEANINGS.get(code, "a code that the standard does not know")
        return ModbusRefusal(code, f"{self.address} refuses {_shown(span)} with exception {code}: {meaning}")

    async def _connected(self) -> AsyncModbusTcpClient:
        if self._client and self._client.connected:
            return self._client
        self.close()
        client = AsyncModbusTcpClient(
            self.address.host, port=self.address.port, timeout=self._timeout / _TRIES, retries=0, reconnect_delay=0
        )
        self._client = client
        begun = asyncio.get_running_loop().time()
        if not await client.connect():
            waited = asyncio.get_running_loop().time() - begun
            raise ModbusFailure(await self._why_not(waited >= self._timeout / _TRIES))
        return client

    async def _why_not(self, timed_out: bool) -> str:
        """Why there is no connection: the library knows, but does not say."""
        reason = f"no answer in {self._timeout:.1f} s"
        if not timed_out:
            try:
                async with asyncio.timeout(self._timeout / _TRIES):
                    _, writer = await asyncio.open_connection(self.address.host, self.address.port)
                writer.close()
            except TimeoutError:
                pass
            except OSError as e:
                reason = "connection refused" if isinstance(e, ConnectionRefusedError) else str(e.strerror or e)
        return (
            f"no connection to {self.address} ({reason}): check the address and port, that Modbus TCP is switched on in "
            "the device, and the firewall"
        )


def _shown(span: Span) -> str:
    last = span.start + span.count - 1
    return f"{span.space} {span.start}" + (f" to {last}" if span.count > 1 else "")


def _reader(client: AsyncModbusTcpClient, space: Space) -> Callable[..., Awaitable[Any]]:
    """The library's function for a space. Function codes 1 to 4; there are no others in this program."""
    return {
        "coil": client.read_coils,
        "discrete": client.read_discrete_inputs,
        "holding": client.read_holding_registers,
        "input": client.read_input_registers,
    }[space]
