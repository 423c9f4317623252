"""A device's Modbus TCP server, on pymodbus: it answers from a table of registers."""

import asyncio
import socket
from collections.abc import Mapping

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from device_profiles.schema import WORDS_OF, Profile
from telemetry.reading import Raw

UNIT = 1


class ModbusDevice:
    """One device on a TCP port of its own. Needs a running event loop.

    It has every register between the first and the last that its profile names; those that mean nothing hold 0.
    """

    def __init__(self, profile: Profile) -> None:
        """Take a free port of loopback; the device answers from `start` on.

        Raises:
            ValueError: the profile reads something else than registers, which this server does not hold.
        """
        numbers: set[int] = {match.register_ for match in profile.match.registers}
        for address in profile.addresses():
            if address.space not in ("holding", "input") or address.register_ is None:
                raise ValueError(f"{profile.name}: simulated Modbus devices hold registers only, not {address.space}")
            numbers |= {address.register_ + i for i in range(WORDS_OF[address.type])}
        self._first = min(numbers)
        self._registers = [0] * (max(numbers) - self._first + 1)
        self.port = _free_port()
        self._server: ModbusTcpServer | None = None
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Answer from now on, once the event loop has had a turn. Harmless when open."""
        self._want(True)

    def close(self) -> None:
        """Fall silent; connections are cut. Harmless when closed."""
        self._want(False)

    async def settled(self) -> None:
        """Wait until the server is what `open` or `close` asked for last."""
        if self._task is not None:
            await self._task

    def set(self, raw: Mapping[str, Raw]) -> None:
        """Answer with these words from now on."""
        for key, word in raw.items():
            self._registers[int(key.partition(":")[2]) - self._first] = int(word)

    def _want(self, wanted: bool) -> None:
        self._wanted = wanted
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._settle())

    async def _settle(self) -> None:
        while self._wanted != (self._server is not None):
            if self._server is None:
                device = SimDevice(
                    UNIT, SimData(self._first, values=self._registers, datatype=DataType.REGISTERS), action=self._answer
                )
                server = ModbusTcpServer(device, address=("127.0.0.1", self.port))
                await server.serve_forever(background=True)
                self._server = server
            else:
                server, self._server = self._server, None
                await server.shutdown()  # type: ignore[no-untyped-call]

    async def _answer(
        self,
        _function_code: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Called by pymodbus for every request: put the present words where it reads them. Writes are refused."""
        if written is not None:
            return ExcCodes.ILLEGAL_FUNCTION
        at = address - start
        registers[at : at + count] = self._registers[at : at + count]
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
