"""Management cards and networks: what tells of the power lives on the power that it tells of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.parameters import Tables
from simulators.supply import Floats
from telemetry.block import SECOND

Bools = NDArray[np.bool_]
Times = NDArray[np.int64]

_SOON = 10 * SECOND  # a timer that runs out within that long is not quiet
_LONG_AGO = -(2**62)
_EMPTY = 1e-6  # s: what rounding leaves of a battery
# Where these differ from the defaults, by kind of device; all others hang on control batteries.
_BY_KIND: dict[str, dict[str, object]] = {"ups": {"card_hold": 15.0}, "pdu": {}}
_ELSE: dict[str, object] = {"control_power": True}


@dataclass(frozen=True, slots=True)
class CardParameters:
    """What a management card lives on, and how long it takes to come and go.

    card_boot: s from power to the first answer (common network cards: 30 to 90 s; judgement)
    card_hold: s for which it answers without power. 15 s for a UPS: the last of a battery that no longer carries
        the load still feeds a card of a few watts (judgement)
    card_age: s for which it has been up at the start (judgement)
    control_power: it hangs on a control battery of its own and always answers
    """

    card_boot: Floats | float = 45.0
    card_hold: Floats | float = 0.0
    card_age: Floats | float = 3_000_000.0
    control_power: Bools | bool = False


class Cards:
    """The card of every device.

    began: `(S, n)` µs since when its agent counts: after a restart or a loss of power its uptime is from then
    """

    WORDS = ("card_down", "card_up")

    def __init__(self, names: Sequence[str], kinds: Sequence[str], tables: Tables) -> None:
        """Up, if they are fed in the first step.

        Args:
            names: of the devices
            kinds: of the devices, which decide what their cards live on
            tables: what differs from the defaults
        """
        self.names = tuple(names)
        p = tables.take(CardParameters, self.names, [_BY_KIND.get(kind, _ELSE) for kind in kinds])
        self._boot, self._hold, self._age = (
            np.round(np.asarray(seconds) * SECOND).astype(np.int64)
            for seconds in (p.card_boot, p.card_hold, p.card_age)
        )
        self._always = np.asarray(p.control_power)
        shape = (tables.sites, len(self.names))
        self.began: Times = np.zeros(shape, np.int64)
        self.answering: Bools = np.ones(shape, np.bool_)
        self._now: int | None = None  # before the first step
        self._fed = np.ones(shape, np.bool_)
        self._since: Times = np.full(shape, _LONG_AGO, np.int64)  # when that last changed, µs
        self._up = np.ones(shape, np.bool_)
        self._silent = np.zeros(shape, np.bool_)
        self._away: Times = np.full(shape, -1, np.int64)  # µs for which a restart that was asked for takes
        self._back_at: Times = np.full(shape, _LONG_AGO, np.int64)  # when an agent that restarts is back, µs

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        if key == "restarts" and isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            self._away[site, i] = round(value * SECOND)
        elif key == "silent" and isinstance(value, bool):
            self._silent[site, i] = value
        else:
            raise ValueError(
                f"a card has restarts (s for which its agent is away, beginning now) and silent (true or false),"
                f" not {key} = {value!r}"
            )

    def step(self, now: int, dt: float, fed: Bools) -> Bools:
        """Which devices would answer at `now`, `(S, n)`. fed: `(S, n)` whether there is power at the device."""
        del dt
        fed = fed | self._always
        if self._now is None:
            self._fed, self._up = fed.copy(), fed.copy()
            self.began[...] = now - self._age
        self._now = now
        changed = fed != self._fed
        if changed.any():
            self._since[changed] = now
            self._fed = fed.copy()
        since = now - self._since
        up: Bools = np.where(fed, self._up | (since >= self._boot), self._up & (since < self._hold))
        fresh = up & ~self._up
        if fresh.any():
            self.began[fresh] = now
        self._up = up
        if (self._away >= 0).any():
            asked = self._away >= 0
            self._back_at[asked] = now + self._away[asked]
            self.began[asked] = self._back_at[asked]
            self._away[asked] = -1
        self.answering = up & ~self._silent & (now >= self._back_at)
        return self.answering

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """Whether each answers, as far as it is the card's doing."""
        return {"card": (self.WORDS, self.answering.astype(np.int8))}

    @property
    def quiet(self) -> bool:
        """Whether none comes or goes within ten seconds."""
        if self._now is None or (self._away >= 0).any():
            return False
        pending, away = self._fed != self._up, self._back_at > self._now
        if not (pending | away).any():
            return True
        ends = np.where(self._fed, self._since + self._boot, self._since + self._hold)
        left = np.minimum(
            np.where(pending, ends - self._now, _SOON),
            np.where(away, self._back_at - self._now, _SOON),
        )
        return bool((left >= _SOON).all())


@dataclass(frozen=True, slots=True)
class NetworkParameters:
    """A management network, as far as it is one switch that all its devices' answers pass.

    hold: s on a battery of its own (none: most access switches have no UPS but the site's)
    recharge: s of charging for each s of discharge (VRLA: ten to 90 %)
    boot: s from power until it passes anything (a managed switch with spanning tree: 60 to 180 s; judgement)
    """

    hold: Floats | float = 0.0
    recharge: Floats | float = 10.0
    boot: Floats | float = 120.0


class Networks:
    """Parts of [plant] with `carries`, the devices whose answers pass them, and `fed_by`, any of which keeps them alive.

    A device whose answers pass two of them needs both. left: `(S, n)` s that each would still live on its battery.
    """

    WORDS = ("network_down", "network_up")

    def __init__(self, tables: Tables, devices: Sequence[str]) -> None:
        """Up, if they are fed in the first step.

        Args:
            tables: what the scenario says of them
            devices: the site's, in the order of what is fed

        Raises:
            ValueError: one carries or is fed by what is no device, or its hold, recharge or boot is negative.
        """
        self.names = tables.names_with("carries")
        self._carries = _among(tables, self.names, "carries", devices)
        self._fed_by = _among(tables, self.names, "fed_by", devices)
        p = tables.take(NetworkParameters, self.names)
        self._hold, self._recharge = np.asarray(p.hold), np.asarray(p.recharge)
        self._boot = np.round(np.asarray(p.boot) * SECOND).astype(np.int64)
        if any((a < 0).any() for a in (self._hold, self._recharge, self._boot)):
            raise ValueError(f"hold, recharge and boot of {', '.join(self.names)} must not be negative")
        shape = (tables.sites, len(self.names))
        self.left: Floats = self._hold.copy()
        self.up: Bools = np.ones(shape, np.bool_)
        self.reached: Bools = np.ones((tables.sites, len(devices)), np.bool_)
        self._fed: Bools = np.ones(shape, np.bool_)
        self._alive: Bools = np.ones(shape, np.bool_)
        self._since: Times = np.full(shape, _LONG_AGO, np.int64)  # when power came or a restart began, µs
        self._silent: Bools = np.zeros(shape, np.bool_)
        self._restarts: Bools = np.zeros(shape, np.bool_)
        self._now: int | None = None  # before the first step

    def set(self, site: int, i: int, key: str, value: object) -> None:
        """One setting of a scenario.

        Raises:
            ValueError: there is no such setting, or the value does not fit it.
        """
        if key == "silent" and isinstance(value, bool):
            self._silent[site, i] = value
        elif key == "restarts" and value is True:
            self._restarts[site, i] = True
        else:
            raise ValueError(f"a network has silent (true or false) and restarts (true), not {key} = {value!r}")

    def step(self, now: int, dt: float, fed: Bools) -> Bools:
        """Which devices' answers pass, `(S, devices)`. fed: `(S, devices)` whether there is power at each."""
        if not self.names:
            return self.reached
        fed_by = np.asarray((fed[:, np.newaxis, :] & self._fed_by).any(axis=-1) | ~self._fed_by.any(axis=-1))
        if self._now is None:
            self._fed = self._alive = fed_by
            self.left = np.where(fed_by, self._hold, 0.0)
        self._now = now
        # What has just changed at `now` counts from now on: until then it was as before.
        charge = np.divide(dt, self._recharge, out=np.full_like(self.left, np.inf), where=self._recharge > 0)
        self.left = np.clip(self.left + np.where(self._fed, charge, -dt), 0.0, self._hold)
        self._fed = fed_by
        alive = np.asarray(fed_by | (self.left > _EMPTY))
        begins = alive & (~self._alive | self._restarts)
        self._since[begins] = now
        self._alive = alive
        self._restarts[...] = False
        self.up = np.asarray(alive & (now - self._since >= self._boot) & ~self._silent)
        self.reached = np.asarray(~(self._carries & ~self.up[:, :, np.newaxis]).any(axis=1))
        return self.reached

    @property
    def watched(self) -> dict[str, tuple[tuple[str, ...], NDArray[np.int8]]]:
        """Whether each passes anything."""
        return {"network": (self.WORDS, self.up.astype(np.int8))}

    @property
    def quiet(self) -> bool:
        """Whether none comes or goes within ten seconds."""
        if not self.names:
            return True
        if self._now is None or self._restarts.any():
            return False
        dying = ~self._fed & (self.left > 0) & (self.left < _SOON / SECOND)
        boots = self._since + self._boot - self._now
        return not (dying | (self._alive & (boots > 0) & (boots < _SOON))).any()


def _among(tables: Tables, names: Sequence[str], key: str, devices: Sequence[str]) -> Bools:
    """`(n, devices)`: which of the devices the parts name under `key`."""
    found = np.zeros((len(names), len(devices)), np.bool_)
    for i, name in enumerate(names):
        given = tables.pop(name, key, ())
        if not isinstance(given, list | tuple) or (unknown := [d for d in given if d not in devices]):
            what = given if not isinstance(given, list | tuple) else ", ".join(map(repr, unknown))
            raise ValueError(f"{name}.{key}: expected names of the site's devices, not {what}")
        found[i, [devices.index(d) for d in given]] = True
    return found
