"""How a site's devices hang together, as numbers: each device's output is a node, and each input reads one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.supply import Floats
from telemetry.oneline import OneLine
from telemetry.site import Device, Site

Indices = NDArray[np.intp]

# In the order in which those of one depth are stepped.
PASSING_ON = ("switchgear", "transfer_switch", "ups", "pdu")


@dataclass(frozen=True, slots=True)
class Bus:
    """Generators that work together. name: `bus-` and the first of them, as a scenario calls it."""

    name: str
    members: tuple[str, ...]
    needs: int


class Wiring:
    """Nodes: the devices in the site's order, then the generator buses, then one that is always dead.

    A generator gives its power to its bus, alone or with others: what is fed by a generator hangs on the bus.
    """

    def __init__(self, site: Site) -> None:
        """Number everything.

        Raises:
            ValueError: generators share a bus with different ones at different switches, or a switch's emergency
                side is several devices that are not all generators.
        """
        self._device = {d.name: d for d in site.devices}
        self._oneline = OneLine(site)
        self.names = tuple(self._device)
        self.buses = tuple(self._buses())
        self._node = {name: i for i, name in enumerate(self.names)}
        self._bus_of = {g: len(self.names) + b for b, bus in enumerate(self.buses) for g in bus.members}
        self.dead = len(self.names) + len(self.buses)

    @property
    def nodes(self) -> int:
        """How many there are, the dead one included."""
        return self.dead + 1

    def of_kind(self, kind: str) -> tuple[Device, ...]:
        """The devices of that kind, in the site's order."""
        return tuple(d for d in self._device.values() if d.kind == kind)

    def groups(self) -> list[tuple[str, tuple[Device, ...]]]:
        """What passes power on, a kind and a depth at a time, from the sources down."""
        found: dict[tuple[int, int], list[Device]] = {}
        for device in self._device.values():
            if device.kind in PASSING_ON:
                found.setdefault((self._oneline.depth(device.name), PASSING_ON.index(device.kind)), []).append(device)
        return [(PASSING_ON[key[1]], tuple(found[key])) for key in sorted(found)]

    def columns(self, devices: Sequence[Device]) -> Indices:
        """The nodes of those devices' own outputs."""
        return np.array([self._node[d.name] for d in devices], np.intp)

    def feeds(self, names: Sequence[str | None]) -> Indices:
        """The nodes from which those that are fed by `names` have their power; None: the dead one."""
        return np.array([self.dead if n is None else self._bus_of.get(n, self._node[n]) for n in names], np.intp)

    def emergencies(self, switches: Sequence[Device]) -> Indices:
        """The nodes of the switches' emergency sides."""
        return self.feeds([s.emergency[0] if s.emergency else None for s in switches])

    def sums(self, feeds: Indices) -> Floats:
        """`(nodes, n)` ones where a node feeds: times what each of `n` draws, what each node has to give."""
        return np.equal.outer(np.arange(self.nodes), feeds).astype(np.float64)

    def measured(self, meters: Sequence[Device]) -> Indices:
        """The nodes at which the meters measure."""
        return np.array([self._node[self._oneline.node(m.name, "input")] for m in meters], np.intp)

    def calls(self, switch: Device) -> tuple[str, ...]:
        """The generators that the switch's start contact calls: those at its emergency side, behind boards at the most.

        What a switch behind UPSs chooses between is fed by generators too, but it calls none of them.
        """
        reach, edge = set[str](), list(switch.emergency)
        while edge:
            name = edge.pop()
            reach.add(name)
            if self._device[name].kind == "switchgear":
                edge += self._oneline.feeders(name)
        return tuple(d.name for d in self.of_kind("generator") if d.name in reach)

    def _buses(self) -> list[Bus]:
        wanted: dict[tuple[str, ...], int] = {}
        for switch in self.of_kind("transfer_switch"):
            generators = tuple(e for e in switch.emergency if self._device[e].kind == "generator")
            if len(switch.emergency) > 1 and generators != switch.emergency:
                raise ValueError(
                    f"{switch.name}: the plant knows several emergency sources only where all are generators,"
                    f" not {', '.join(switch.emergency)}"
                )
            if generators:
                members = tuple(sorted(generators))
                wanted[members] = max(wanted.get(members, 1), switch.needs)
        taken = {g for members in wanted for g in members}
        wanted |= {(d.name,): 1 for d in self.of_kind("generator") if d.name not in taken}
        for members in wanted:
            for other in wanted:
                if members < other and (shared := set(members) & set(other)):
                    raise ValueError(
                        f"the plant has each generator on one bus; {', '.join(sorted(shared))} stands on two:"
                        f" {', '.join(members)} and {', '.join(other)}"
                    )
        return [Bus(f"bus-{members[0]}", members, needs) for members, needs in wanted.items()]
