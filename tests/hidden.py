"""The hidden state of a plant, recorded step by step, for tests that judge what was said of it.

    hidden = watch(run)                       # before the run is advanced
    run.advance(run.scenario.stop)
    record = hidden.record()
    record.times                              # (T,) µs UTC
    record.of("ups-a", "mode")                # (T, S): what is recorded of each kind stands in hidden_parts.py
    record.node("ats-a", "lowest")            # (T, S): what the device gives

Analogue values are float32, what is summed up for long (stored J, charge) float64, states int8.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hidden_parts import Getter, Key, made, names_of, watched
from simulators.devices.answering_parameters import KEYS
from simulators.plant import Plant
from simulators.simulate import Run
from telemetry.block import SECOND
from telemetry.site import Site

_CHUNK = 1024  # steps
_WIDE = {"stored", "charge"}


class Column:
    """One quantity of one group of parts, growing by steps."""

    def __init__(self, get: Getter, *, wide: bool) -> None:
        first = np.asarray(get())
        self._get = get
        self._type = np.dtype(np.float32) if first.dtype == np.float64 and not wide else first.dtype
        self._shape = first.shape
        self._chunks: list[NDArray[Any]] = []

    def look(self, step: int) -> None:
        place = step % _CHUNK
        if place == 0:
            self._chunks.append(np.empty((_CHUNK, *self._shape), self._type))
        self._chunks[-1][place] = self._get()

    def whole(self, steps: int) -> NDArray[Any]:
        """`(T, S, n, …)`; the column is empty afterwards."""
        found = np.concatenate(self._chunks)[:steps]
        self._chunks = []
        return found


@dataclass(frozen=True)
class Setting:
    """What a scenario did at site number `site`, after the step of `time` (µs)."""

    time: int
    site: int
    part: str
    key: str
    value: object


class Hidden:
    """Looks at a plant after every step, from when it is made."""

    def __init__(self, plant: Plant) -> None:
        self.settings: list[Setting] = []
        self._plant = plant
        self._times: list[int] = []
        self._levels = np.abs(plant.supplies.volts)
        self._columns: dict[Key, Column] = {
            key: Column(get, wide=key[2] in _WIDE) for key, get in watched(plant, lambda: self._levels)
        }
        self._look(plant)
        plant.observers.append(self._look)

    def _look(self, plant: Plant) -> None:
        self._levels = np.abs(plant.supplies.volts)
        step = len(self._times)
        self._times.append(plant.now)
        for column in self._columns.values():
            column.look(step)

    def record(self) -> "Record":
        """Everything up to now; the recorder is empty afterwards and looks no more."""
        plant = self._plant
        plant.observers.remove(self._look)
        times = np.array(self._times, np.int64)
        groups: dict[tuple[str, str], list[NDArray[Any]]] = {}
        for (kind, _, what), column in self._columns.items():
            groups.setdefault((kind, what), []).append(column.whole(len(times)))
        arrays = {key: _joined(group) for key, group in groups.items()}
        return Record(plant.site, times, names_of(plant), arrays, made(plant), self.settings)


@dataclass(frozen=True)
class Record:
    """What was recorded of S sites in T steps, the state at the start included.

    names: {kind: names of its parts}, in the order of the columns
    arrays: {(kind, what): (T, S, n, …)}
    fixed: {name: {what: (S,) …}} of what does not change
    settings: what the scenario set
    """

    site: Site
    times: NDArray[np.int64]
    names: dict[str, tuple[str, ...]]
    arrays: dict[tuple[str, str], NDArray[Any]]
    fixed: dict[str, dict[str, Any]]
    settings: list[Setting]

    @property
    def sites(self) -> int:
        return self.arrays["node", "lowest"].shape[1]

    @property
    def dt(self) -> NDArray[np.float64]:
        """`(T, 1)` s of each step; the first is none."""
        return np.diff(self.times, prepend=self.times[0])[:, np.newaxis] / SECOND

    @property
    def buses(self) -> dict[str, tuple[str, ...]]:
        """{name: its generators}."""
        return {name: tuple(self.fixed[name]["members"]) for name in self.names.get("bus", ())}

    def kind(self, name: str) -> str:
        """The kind under which it is recorded.

        Raises:
            KeyError: there is nothing of that name.
        """
        for kind, own in self.names.items():
            if name in own and kind not in {"node", "device", "card"}:
                return kind
        raise KeyError(name)

    def of(self, name: str, what: str, kind: str | None = None) -> NDArray[Any]:
        """`(T, S, …)`.

        Raises:
            KeyError: nothing of that kind has that name, or nothing of the sort is recorded of it.
        """
        kind = kind or self.kind(name)
        if name not in self.names[kind]:
            raise KeyError(name)
        return self.arrays[kind, what][:, :, self.names[kind].index(name)]

    def node(self, name: str, what: str) -> NDArray[Any]:
        """`(T, S)` of what the device, or the bus, gives; a name that is none is dead."""
        names = self.names["node"]
        return self.arrays["node", what][:, :, names.index(name) if name in names else len(names) - 1]

    def taken(self, name: str) -> NDArray[Any]:
        """`(T, S)` W that the device takes in."""
        return self.of(name, "taken", "device")

    def feed(self, name: str | None) -> str:
        """The node at which what is fed by `name` has its power: a generator's is its bus."""
        return "" if name is None else next((bus for bus, own in self.buses.items() if name in own), name)


def watch(run: Run) -> Hidden:
    """Begin to record a run that has not been advanced; what it sets is recorded too."""
    hidden = Hidden(run.plant)
    change = run._change

    def note(site: int, part: str, key: str, value: object) -> None:
        change(site, part, key, value)
        hidden.settings.append(Setting(run.plant.now, site, part, key, value))

    run._change = note  # type: ignore[method-assign]
    for site, answering in enumerate(run._answering):
        for name, parameters in answering._parameters.items():
            usual = type(parameters)()
            hidden.settings += [
                Setting(run.plant.now, site, name, key, value)
                for key in KEYS
                if (value := getattr(parameters, key)) != getattr(usual, key)
            ]
    return hidden


def run_and_record(run: Run) -> Record:
    """The whole of a run that has not been advanced."""
    hidden = watch(run)
    run.advance(run.scenario.stop)
    return hidden.record()


def _joined(group: list[NDArray[Any]]) -> NDArray[Any]:
    """Groups side by side, with as many strings or cords as the one of most; NaN where there is none."""
    if group[0].ndim > 3:
        most = max(array.shape[3] for array in group)
        group = [
            np.pad(a, [(0, 0)] * 3 + [(0, most - a.shape[3])], constant_values=np.nan) if a.shape[3] < most else a
            for a in group
        ]
    return np.concatenate(group, axis=2)
