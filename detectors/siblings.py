"""Which devices measure the same node of the one-line, and when: the seats round each node.

A device's own seat is at the node that its feed hangs on. Through a switch that stands on a side, and a breaker that
is closed, whoever measures above is a witness below.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detectors.feeds import FORMS
from detectors.layout import Layout
from detectors.windows import Places, rows_in_window
from device_profiles.quantities import quantity
from telemetry.site import Device

_POINTS = {
    "utility": ("input", "output"),
    "meter": ("input", "output"),
    "generator": ("output",),
    "switchgear": ("input", "output"),
    "transfer_switch": ("input.1", "input.2", "output"),
    "ups": ("input", "output"),
    "pdu": ("input",),
    "dc_plant": ("input",),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A device's state that must be so for all of a window.

    need: it must be known and be this; else it must not be, nor seem to pass through it
    """

    device: str
    quantity: str
    state: str
    need: bool = True


@dataclass(frozen=True, slots=True)
class Seat:
    """One device's feed at one node; a witness speaks, but is judged at its own node alone."""

    node: str
    device: Device
    point: str
    witness: bool
    conditions: tuple[Condition, ...]
    depth: int


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of all nodes, those of a node one after the other: S seats of G nodes.

    seats: (S,)
    starts: (G,) where each node's begin
    node: (S,)
    rows: (G,) of a window of the slowest device there
    voltage: (S, 7) columns in the order of `FORMS`; -1 where a device does not give that one
    nominal: (S, 7) V
    frequency: (S,) column; nominal_frequency: (S,) Hz
    condition: (S, 2) columns of states, code: (S, 2) and need: (S, 2) of `Condition`; code -1 where there is none
    """

    seats: tuple[Seat, ...]
    starts: Places
    node: Places
    rows: Places
    voltage: Places
    nominal: NDArray[np.float32]
    frequency: Places
    nominal_frequency: NDArray[np.float32]
    condition: Places
    code: NDArray[np.int64]
    need: NDArray[np.bool_]


def seats_of(layout: Layout) -> Seats:
    """The nodes that more than one of the site's devices can measure."""
    own: dict[str, list[Seat]] = {}
    for device in layout.site.devices:
        for point in _POINTS.get(device.kind, ()):
            node = layout.oneline.node(device.name, point)
            seat = Seat(node, device, point, False, _own_conditions(device, point), layout.oneline.depth(device.name))
            own.setdefault(node, []).append(seat)
    found = {node: (*seats, *_witnesses(layout, node, own)) for node, seats in own.items()}
    heard = {node: [s for s in seats if _gives(layout, s)] for node, seats in found.items()}
    # Of all devices there, heard or not: what is silent, or comes later, changes nothing.
    shared = [n for n, seats in found.items() if heard[n] and len({s.device.name for s in seats}) > 1]
    slowest = [max(rows_in_window(s.device, layout.site.tick) for s in found[node]) for node in shared]
    seats = tuple(s for node in shared for s in heard[node])
    counts = [len(heard[node]) for node in shared]
    states = [_states(layout, s) for s in seats]
    return Seats(
        seats,
        np.cumsum([0, *counts[:-1]], dtype=np.int64)[: len(counts)],
        np.repeat(np.arange(len(counts)), counts),
        np.array(slowest, np.int64),
        np.array([_voltages(layout, s) for s in seats], np.int64).reshape(-1, len(FORMS)),
        np.array([[_nominal(s) * part for part in FORMS.values()] for s in seats], np.float32).reshape(-1, len(FORMS)),
        np.array([layout.column(s.device.name, f"{s.point}.frequency") for s in seats], np.int64),
        np.array([s.device.nominal_frequency for s in seats], np.float32),
        np.array([[c for c, _, _ in of] for of in states], np.int64).reshape(-1, 2),
        np.array([[code for _, code, _ in of] for of in states], np.int64).reshape(-1, 2),
        np.array([[need for _, _, need in of] for of in states], bool).reshape(-1, 2),
    )


def _own_conditions(device: Device, point: str) -> tuple[Condition, ...]:
    if device.kind == "generator":  # before its breaker
        return (Condition(device.name, "generator.breaker", "closed"),)
    if device.kind == "ups":  # off, it may be bypassed by hand; in its test, some measure nothing at their input
        return (Condition(device.name, "ups.status", "off" if point == "output" else "test", need=False),)
    return ()


def _witnesses(layout: Layout, node: str, own: dict[str, list[Seat]]) -> Iterator[Seat]:
    """Who measures the node that this one is connected to, while it is."""
    if layout.oneline.kind(node) == "load":
        return
    device = layout.site.device(node)
    above: list[tuple[str, Condition]] = []
    if device.kind == "transfer_switch":
        above = [
            (layout.oneline.node(node, point), Condition(node, "input.source", side))
            for point, side in (("input.1", "normal"), ("input.2", "emergency"))
        ]
    elif device.kind == "switchgear":
        above = [(layout.oneline.node(node, "input"), Condition(node, "switchgear.breaker", "closed"))]
    for upper, condition in above:
        for seat in own.get(upper, ()):
            if upper != node:
                yield replace(seat, node=node, witness=True, conditions=(*seat.conditions, condition))


def _voltages(layout: Layout, s: Seat) -> list[int]:
    return [layout.column(s.device.name, f"{s.point}.{form}voltage") for form in FORMS]


def _gives(layout: Layout, s: Seat) -> bool:
    return max(*_voltages(layout, s), layout.column(s.device.name, f"{s.point}.frequency")) >= 0


def _nominal(s: Seat) -> float:
    return s.device.nominal_output_voltage if s.point == "output" else s.device.nominal_voltage


def _states(layout: Layout, s: Seat) -> list[tuple[int, int, bool]]:
    """(column, code, need) of a seat's conditions, filled up to two."""
    found = [(layout.column(c.device, c.quantity), quantity(c.quantity).code(c.state), c.need) for c in s.conditions]
    return found + [(-1, -1, False)] * (2 - len(found))
