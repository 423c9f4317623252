"""What a device believes of its own measurements: sensors that are out, that stick, estimates that are wrong."""

import math
import re
from collections.abc import Collection, Iterable, Mapping

from device_profiles.quantities import FEEDS, quantity
from simulators.devices.answering_parameters import EVERYTHING, AnsweringParameters

Values = Mapping[str, float]

_FORM = re.compile(r"\.L\d(-(N|L\d))?(?=\.)|\.(minimum|maximum)$")
_MOST_RUNTIME = 9999 * 60.0  # s: the most that cards of four digits of minutes say
_STATUS = quantity("ups.status")
_ON_BATTERY = (float(_STATUS.code("on_battery")), float(_STATUS.code("test")))
_OFF = float(_STATUS.code("off"))
_COMMUNICATIONS = "alarm.communications-lost"


class Sensors:
    """One device's. Reading twice at one time changes nothing."""

    def __init__(self, parameters: AnsweringParameters) -> None:
        """Nothing has been read yet."""
        self._p = parameters
        self._read: Values = {}  # last
        self._alive: dict[str, float] = {}  # what feeds gave while they were live
        self._stuck: dict[str, float] = {}
        self._estimate = math.nan  # of the runtime, at the last look on the mains
        self._named: dict[tuple[tuple[str, ...], frozenset[str]], dict[str, str]] = {}
        self._plain = parameters == AnsweringParameters()

    def become(self, parameters: AnsweringParameters) -> None:
        """Other parameters from now on. What sticks from now on sticks at what was read last."""
        self._p = parameters
        self._plain = parameters == AnsweringParameters()
        sticks = self._read if parameters.hears is False else self._of(self._read, parameters.stuck)
        self._stuck = {name: self._read[name] for name in sticks}

    def read(self, values: Values) -> Values:
        """What the device takes for true, given what good instruments would show. Nobody may change either afterwards."""
        if self._plain:
            self._read = values
            return values
        p = self._p
        found = dict(values)
        for name, key in self._of(values, p.gain).items():
            found[name] *= p.gain[key]
        for name, key in self._of(values, p.offset).items():
            found[name] += p.offset[key]
        self._dead_feeds(values, found)
        self._runtime(values, found)
        found |= {name: p.constant[key] for name, key in self._of(found, p.constant).items()}
        found |= {name: value for name, value in p.constant.items() if name not in found}
        for name, key in self._of(found, p.resolution).items():
            if not math.isnan(found[name]):
                found[name] = round(found[name] / p.resolution[key]) * p.resolution[key]
        for name in self._of(found, self._ignored(values)):
            found[name] = math.nan
        for name in found if p.hears is False else self._of(found, p.stuck):
            found[name] = self._stuck.setdefault(name, found[name])
        self._read = found
        return found if p.hears is None else found | {_COMMUNICATIONS: float(not p.hears)}

    def _dead_feeds(self, values: Values, found: dict[str, float]) -> None:
        """Say of feeds at which nothing turns what this device says of them."""
        if self._p.dead_input == "zero":
            return
        for feed in FEEDS:
            if (frequency := values.get(f"{feed}.frequency")) is None:
                continue
            names = [n for n in values if n.startswith(f"{feed}.") and _of_a_feed(n.removeprefix(f"{feed}."))]
            if frequency > 0:
                self._alive |= {name: found[name] for name in names}
            else:
                found |= {n: self._alive.get(n, math.nan) if self._p.dead_input == "last" else math.nan for n in names}

    def _runtime(self, values: Values, found: dict[str, float]) -> None:
        if "battery.runtime" not in found:
            return
        status, said = values.get("ups.status"), found["battery.runtime"]
        match self._p.runtime:
            case "zero":
                said = 0.0
            case "most":
                said = _MOST_RUNTIME
            case "minutes":
                said = said // 60 * 60
            case "counted" if status in _ON_BATTERY and not math.isnan(self._estimate):
                said = max(0.0, self._estimate - values.get("ups.on_battery.time", 0.0))
            case "counted":
                self._estimate = said
        found["battery.runtime"] = said

    def _ignored(self, values: Values) -> tuple[str, ...]:
        status = values.get("ups.status")
        unknown = self._p.unknown
        if status in _ON_BATTERY or status == _OFF:
            unknown += self._p.online_only
        if status not in _ON_BATTERY:
            unknown += self._p.battery_only
        return unknown

    def _of(self, values: Values, keys: Iterable[str]) -> dict[str, str]:
        """{quantity of `values`: the key that names it}, the most exact key where several do."""
        wanted = frozenset(keys)
        if not wanted:
            return {}
        cached = (tuple(values), wanted)
        if (found := self._named.get(cached)) is None:
            found = {name: key for name in values if (key := _key_of(name, wanted)) is not None}
            self._named[cached] = found
        return found


def _key_of(name: str, keys: Collection[str]) -> str | None:
    for key in (name, _FORM.sub("", name), EVERYTHING):
        if key in keys:
            return key
    return None


def _of_a_feed(rest: str) -> bool:
    """Whether it is a feed's voltage or frequency: `voltage`, `L1-N.voltage`, not `1.voltage` of another feed."""
    return re.fullmatch(r"(L\d(-(N|L\d))?\.)?(voltage|frequency)", rest) is not None
