"""The rooms in which the load stands: how fast they heat up once nothing cools them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.parameters import Tables
from simulators.supply import Floats

_SOON = 10.0  # s: the longest step that is made while all is quiet


@dataclass(frozen=True, slots=True)
class RoomParameters:
    """Of one room.

    heat_capacity: J/K, of the air and of what follows it within minutes. 5 MJ/K makes 100 kW climb by 1.2 °C/min and
        400 kW by 4.8 °C/min (judgement: the air of 500 m² is 2 MJ/K, the rest is metal of racks and floor)
    setpoint: °C that the thermostat holds
    control_time: s in which the thermostat takes an error away, as far as the chillers can (judgement)
    high: °C; the upper end of what ASHRAE TC 9.9 recommends at the inlets of equipment
    """

    heat_capacity: Floats | float = 5e6
    setpoint: Floats | float = 22.0
    control_time: Floats | float = 60.0
    high: Floats | float = 27.0


class Rooms:
    """`r` rooms of `S` sites.

    Heat is what the loads draw. The thermostat asks the chillers for what holds the setpoint, and gets what they can give.

    A scenario sets `setpoint` (°C) and `airflow`: the part of the cooling that reaches the room, 0–1.

    temperature: `(S, r)` °C, of the air that the equipment draws in
    heat, removed: `(S, r)` W of the last step
    stored: `(S, r)` J, above 0 °C
    """

    def __init__(
        self,
        names: Sequence[str],
        tables: Tables,
        cooled_by: Sequence[Sequence[int]],
        heated_by: Sequence[Sequence[int]],
    ) -> None:
        """All are at their setpoint at first.

        Args:
            names: of the rooms
            tables: their parameters are taken from it
            cooled_by: the numbers of the chillers of each room; one of several rooms serves them evenly
            heated_by: the numbers of the loads that stand in each room
        """
        self.names = tuple(names)
        p = tables.take(RoomParameters, names)
        self._capacity = np.asarray(p.heat_capacity)
        self._control_time = np.asarray(p.control_time)
        self._high = np.asarray(p.high)
        self._setpoint = np.array(p.setpoint, np.float64)
        self._airflow: Floats = np.ones(self._setpoint.shape)
        self._heats = _matrix(heated_by)
        cools = _matrix(cooled_by)
        self._cools: Floats = cools / np.maximum(cools.sum(axis=1, keepdims=True), 1.0)
        self.temperature: Floats = self._setpoint.copy()
        self.heat: Floats = np.zeros(self._setpoint.shape)
        self.removed: Floats = np.zeros(self._setpoint.shape)
        self._rate: Floats = np.zeros(self._setpoint.shape)  # K/s over the last step

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        match key, value:
            case "setpoint", int() | float() if not isinstance(value, bool):
                self._setpoint[site, i] = value
            case "airflow", int() | float() if not isinstance(value, bool) and 0 <= value <= 1:
                self._airflow[site, i] = value
            case _:
                raise ValueError(f"a room has setpoint (°C) and airflow (0–1), not {key} = {value!r}")

    def step(self, now: int, dt: float, drawn: Floats, cooling_power: Floats) -> None:  # noqa: ARG002  # all step alike
        """Warm and cool for `dt` seconds: exact, as long as loads and chillers are constant.

        Args:
            now: µs UTC
            dt: s
            drawn: `(S, l)` W of the loads
            cooling_power: `(S, l)` W that the chillers can remove
        """
        self.heat = drawn[:, : len(self._heats)] @ self._heats
        available = cooling_power[:, : len(self._cools)] @ self._cools * self._airflow
        error = _error_after(
            dt,
            self.temperature - self._setpoint,
            (self.heat - available) / self._capacity,
            self.heat / self._capacity,
            self._control_time,
        )
        before, self.temperature = self.temperature, self._setpoint + error
        self._rate = (self.temperature - before) / dt
        self.removed = self.heat - self._capacity * self._rate

    @property
    def stored(self) -> Floats:
        """`(S, r)` J, above 0 °C."""
        held: Floats = self._capacity * self.temperature
        return held

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """Discrete states: `{what: (words, codes (S, r))}`."""
        return {
            "temperature": (("temperature_normal", "temperature_high"), (self.temperature > self._high).astype(np.int8))
        }

    @property
    def quiet(self) -> bool:
        """No temperature is about to pass the limit."""
        away = self._high - self.temperature
        return not ((away * self._rate > 0) & (np.abs(away) <= np.abs(self._rate) * _SOON)).any()


def _error_after(dt: float, error: Floats, slowest: Floats, fastest: Floats, control_time: Floats) -> Floats:
    """The error after `dt` of d(error)/dt = −error/control_time, held between `slowest` and `fastest`, in K/s.

    The course has at most three pieces: climbing with all cooling off, an exponential, and all cooling on.
    """
    coldest, hottest = -fastest * control_time, -slowest * control_time  # between them the exponential holds
    left = np.full(error.shape, dt)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(3):
            hot = (error > hottest) | ((error == hottest) & (hottest < 0))
            cold = (error < coldest) & ~hot
            rate = np.where(hot, slowest, fastest)
            edge = np.where(hot, hottest, coldest)
            straight = np.where((edge - error) * rate > 0, (edge - error) / rate, np.inf)
            # The exponential goes towards 0. Where cooling cannot keep up, it meets `hottest` on its way.
            curved = np.where((error < hottest) & (hottest < 0), control_time * np.log(error / hottest), np.inf)
            linear = hot | cold
            needed = np.where(linear, straight, curved)
            spent = np.minimum(needed, left)
            error = np.where(linear, error + rate * spent, error * np.exp(-spent / control_time))
            error = np.where(needed < left, np.where(linear, edge, hottest), error)
            left = left - spent
            if not left.any():
                break
    return error


def _matrix(loads: Sequence[Sequence[int]]) -> Floats:
    """`(l, r)`: 1 where a room has the load."""
    matrix = np.zeros((max((i for of_room in loads for i in of_room), default=-1) + 1, len(loads)))
    for room, of_room in enumerate(loads):
        matrix[list(of_room), room] = 1.0
    return matrix
