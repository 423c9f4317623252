"""Energy, power and charge of a recorded run, summed up independently of the plant: every imbalance, in words.

Power flows without loss from one device to the next, each device loses what it loses, and stores what it stores.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hidden import Record

PRECISION = 2e-5  # parts of what flows, of single precision
SITE = 0.01  # parts of the energy that came in
LONG = 2.0  # s of a discharge in which its current moves
CLOSED = 1
ONLINE, ON_BATTERY = 0, 1
HELD = ("health", "charge", "string")  # settings that change what a battery holds

Floats = NDArray[Any]


def imbalances(record: Record) -> list[str]:
    """Everything that does not add up."""
    return [
        *_between(record),
        *_inside(record),
        *_batteries(record),
        *_charge(record),
        *_sets(record),
        *_rooms(record),
        *_whole(record),
    ]


def _between(record: Record) -> Iterator[str]:
    """What is drawn from a node is what those take that it feeds."""
    expected: dict[str, Floats] = {}

    def add(feed: str | None, watts: Floats) -> None:
        name = record.feed(feed)
        expected[name] = expected.get(name, 0.0) + watts

    for device in record.site.devices:
        match device.kind:
            case "transfer_switch":
                on = record.of(device.name, "position")
                taken = record.taken(device.name)
                both = on == 3
                # Between its sources it draws nothing; on both, either carries a part, which only the sum tells.
                if not both.any():
                    add(device.normal, taken * (on == 1))
                    add(device.emergency[0] if device.emergency else None, taken * (on == 2))
                else:
                    return
            case "ups":
                add(device.fed_by, record.of(device.name, "input_power"))
                add(device.bypass_fed_by or device.fed_by, record.of(device.name, "bypass_power"))
            case "pdu" | "switchgear":
                add(device.fed_by, record.taken(device.name))
    cords: dict[str, int] = {}
    for load in record.site.loads:
        for cord in load.fed_by:
            cords[record.feed(cord)] = cords.get(record.feed(cord), 0) + 1
    for name in record.names["node"][:-1]:
        drawn = record.node(name, "drawn")
        if name not in cords:
            yield from _equal(record, f"what is drawn from {name}", drawn, expected.get(name, np.zeros_like(drawn)))
    at_cords = sum((record.node(name, "drawn") - expected.get(name, 0.0) for name in cords), np.zeros(()))
    loads = sum((record.of(load.name, "drawn") for load in record.site.loads), np.zeros(()))
    if cords:
        yield from _equal(record, "what all loads draw", loads, at_cords)


def _inside(record: Record) -> Iterator[str]:
    """Power in = power out + loss, of each step."""
    for name in (*record.names.get("pdu", ()), *record.names.get("switchgear", ())):
        out = record.node(name, "drawn")
        shut = record.of(name, "breaker") != CLOSED
        yield from _equal(record, f"power through {name}", record.taken(name), out + record.of(name, "loss"), shut)
    for name in record.names.get("transfer_switch", ()):
        between = record.of(name, "position") == 0
        yield from _equal(record, f"power through {name}", record.taken(name), record.node(name, "drawn"), between)
        if (record.taken(name)[between] != 0).any():
            yield f"{name} takes power while it is between its sources"
    for name in record.names.get("ups", ()):
        taken = record.of(name, "input_power") + record.of(name, "bypass_power")
        yield from _equal(record, f"power into {name}", record.taken(name), taken)
        stored = record.of(name, "stored")
        grew = np.diff(stored, axis=0, prepend=stored[:1]) / np.maximum(record.dt, 1e-3)
        used = record.of(name, "load") + record.of(name, "loss") + record.of(name, "battery_loss") + grew
        anew = _set(record, name, HELD)
        anew[0] = True  # the step before the first is not known
        yield from _equal(record, f"power through {name} and its battery", taken, used, anew)
        yield from _ups_loss(record, name)


def _ups_loss(record: Record, name: str) -> Iterator[str]:
    """Its loss is that of its converters, by what flows through each: no more, no less than they can have."""
    made = record.fixed[name]
    efficiency, rating, idle = made["efficiency"], made["rating"], made["idle"]
    load, loss = record.of(name, "load"), record.of(name, "loss")
    through = load + np.abs(record.of(name, "power"))
    most = (1 / efficiency**2 - 1) * (through + rating * idle) * 1.02 + (idle * rating) / efficiency + 1.0
    inverts = np.isin(record.of(name, "mode"), (ONLINE, ON_BATTERY))
    least = np.where(inverts, (1 / efficiency - 1) * load * 0.98, 0.0) - PRECISION * rating
    if (under := loss < least).any():
        yield f"{name} loses {float(loss[under].min()):.0f} W, less than its converters must, at {_when(record, under)}"
    if (over := loss > most).any():
        yield f"{name} loses {float(loss[over].max()):.0f} W, more than its converters can, at {_when(record, over)}"


def _batteries(record: Record) -> Iterator[str]:
    """Energy out + loss + stored change = 0, of each step; what it loses is heat, and a part only."""
    for name in record.names.get("ups", ()):
        stored, power, loss = (record.of(name, what).astype(np.float64) for what in ("stored", "power", "battery_loss"))
        change = np.diff(stored, axis=0, prepend=stored[:1])
        set_anew = _set(record, name, HELD)
        # The loss holds that of the charger, in front of the terminals, which only the UPS's balance sees.
        within = np.where(power < 0, np.maximum(loss, 0.0), loss)
        residue = (power + loss) * record.dt + change
        discharging = power > 0
        scale = np.maximum(np.abs(power * record.dt), 1.0) + np.abs(stored) * 1e-12
        wrong = discharging & (np.abs(residue) > 1e-3 * scale + 1.0) & ~set_anew
        if wrong.any():
            yield f"{name}'s battery: {float(np.abs(residue[wrong]).max()):.0f} J appear or vanish at {_when(record, wrong)}"
        if (within < -1e-3 * np.maximum(np.abs(power), 1.0) - 1.0)[~set_anew].any():
            yield f"{name}'s battery gains energy: {float(within.min()):.0f} W at {_when(record, (within == within.min()) & ~set_anew)}"
        given = np.where(discharging, power, 0.0) * record.dt
        kept = np.where(power < 0, -power, 0.0) * record.dt
        total = (stored[0] - stored[-1]) + kept.sum(axis=0) - given.sum(axis=0)
        if (total < -SITE * np.maximum(given.sum(axis=0), 1.0) - 1e3)[~set_anew.any(axis=0)].any():
            yield f"{name}'s battery gave more than it held and took: {total.tolist()} J left over"


def _charge(record: Record) -> Iterator[str]:
    """Ampere-hours of each string: what flows in is what it then holds more.

    The current is that of a step's end. In a step so long that it moves, its mean lies between that of both ends.
    """
    for name in record.names.get("ups", ()):
        charge, current = record.of(name, "charge"), record.of(name, "string_current").astype(np.float64)
        held = np.diff(charge, axis=0, prepend=charge[:1])
        dt = record.dt[..., np.newaxis]
        before = np.where(dt > LONG, np.concatenate((current[:1], current[:-1])), current)
        least, most = np.minimum(before, current) * dt, np.maximum(before, current) * dt
        off = np.maximum(np.maximum(least - held, held - most), 0.0)
        set_anew = _set(record, name, HELD)[..., np.newaxis]
        whole = np.nanmax(charge) if np.isfinite(charge).any() else 0.0
        wrong = off > 1e-4 * np.maximum(np.abs(least), np.abs(most)) + 1e-7 * whole
        wrong &= np.isfinite(held) & ~set_anew
        if wrong.any():
            worst = float(off[wrong].max()) / 3600
            yield f"{name}'s strings: {worst:.3g} Ah appear or vanish at {_when(record, wrong.any(axis=-1))}"


def _sets(record: Record) -> Iterator[str]:
    """Mechanical power in = electrical power out + loss + what the rotor takes up; fuel in = shaft out."""
    for name in record.names.get("generator", ()):
        made = record.fixed[name]
        burnt, started, load, loss, fuelled, stored = (
            record.of(name, what).astype(np.float64)
            for what in ("burnt", "started", "load", "loss", "fuelled", "stored")
        )
        change = np.diff(stored, axis=0, prepend=stored[:1])
        residue = (burnt + started - load - loss) * record.dt - change
        scale = (np.abs(burnt) + np.abs(started) + np.abs(load) + np.abs(loss)) * record.dt + 1e-3 * made["rating"]
        if (wrong := np.abs(residue) > 1e-5 * scale).any():
            yield f"{name}: {float(np.abs(residue[wrong]).max()):.0f} J appear or vanish at {_when(record, wrong)}"
        yield from _equal(record, f"{name}'s fuel at the shaft", fuelled * made["efficiency"], burnt)
        tank = (1 + made["friction"] + made["fan"] + made["copper"]) * made["rating"] * made["fuel_hours"] * 3600
        tank = tank / made["efficiency"]
        sound = ~_set(record, name, ("fuel", "fault")).any(axis=0)
        used = (record.of(name, "fuel")[0] - record.of(name, "fuel")[-1]) / 100 * tank
        spent = (fuelled * record.dt).sum(axis=0)
        if (np.abs(used - spent) > SITE * spent + 2e-6 * tank)[sound].any():
            yield f"{name}: the tank lost {used.tolist()} J, {spent.tolist()} J were burnt"
    for bus, members in record.buses.items():
        given = sum((record.of(g, "load").astype(np.float64) for g in members), np.zeros(()))
        drawn = record.node(bus, "drawn").astype(np.float64)
        energy = (given[1:] * record.dt[1:]).sum(axis=0), (drawn[:-1] * record.dt[1:]).sum(axis=0)
        bank = any(s.key == "load_bank" and s.part in members for s in record.settings)
        shared = len(members) > 1  # what one motors the others with is no load
        if not bank and (np.abs(energy[0] - energy[1]) > SITE * energy[1] + 1e4 * (1 + 9 * shared)).any():
            yield f"{bus}: its sets gave {energy[0].tolist()} J, {energy[1].tolist()} J were drawn"


def _rooms(record: Record) -> Iterator[str]:
    """Cooling never heats, and never takes more than all loads give and the room held."""
    for name in record.names.get("room", ()):
        removed = record.of(name, "removed")
        if (wrong := removed < -1e-3 * record.of(name, "heat") - 50.0).any():
            yield f"{name} is heated by its cooling: {float(removed[wrong].min()):.0f} W at {_when(record, wrong)}"


def _whole(record: Record) -> Iterator[str]:
    """The site over the run: what sources gave is what loads drew, what was lost, and what batteries hold more."""
    dt = record.dt
    came: Floats = np.zeros(record.sites)
    went: Floats = np.zeros(record.sites)
    utilities = record.names.get("utility", ())
    for name in (*utilities, *record.buses):
        came += (record.node(name, "drawn") * dt).sum(axis=0)
    for load in record.site.loads:
        went += (record.of(load.name, "drawn") * dt).sum(axis=0)
    for kind in ("pdu", "switchgear", "ups"):
        for name in record.names.get(kind, ()):
            went += (record.of(name, "loss") * dt).sum(axis=0)
    for name in record.names.get("ups", ()):
        stored = record.of(name, "stored")
        went += (record.of(name, "battery_loss") * dt).sum(axis=0) + stored[-1] - stored[0]
    anew = np.any([_set(record, n, HELD).any(axis=0) for n in record.names.get("ups", ())], axis=0)
    if (wrong := (np.abs(came - went) > SITE * np.maximum(came, went)) & ~anew).any():
        site = int(np.argmax(wrong))
        yield f"the site took {came[site]:.4g} J and used, lost and stored {went[site]:.4g} J"


def _equal(
    record: Record, what: str, this: Floats, other: Floats, but: NDArray[np.bool_] | None = None
) -> Iterator[str]:
    """Of each step, to single precision."""
    scale = np.maximum(np.abs(this), np.abs(other)) + 0.05 * np.abs(this).max(initial=0.0) + 1.0
    wrong = np.abs(this - other) > PRECISION * scale
    if but is not None:
        wrong &= ~but
    if wrong.any():
        worst = np.unravel_index(int(np.argmax(np.where(wrong, np.abs(this - other), 0.0))), wrong.shape)
        yield f"{what}: {float(this[worst]):.0f} W and {float(other[worst]):.0f} W at {_when(record, wrong)}, {int(wrong.sum())} times"


def _set(record: Record, name: str, keys: tuple[str, ...]) -> NDArray[np.bool_]:
    """`(T, S)` the steps in which a scenario changed what the part holds."""
    found = np.zeros((len(record.times), record.sites), np.bool_)
    for setting in record.settings:
        if setting.part == name and setting.key in keys:
            step = int(np.searchsorted(record.times, setting.time))
            found[step : step + 2, setting.site] = True
    return found


def _when(record: Record, wrong: NDArray[np.bool_]) -> str:
    step, site = np.argwhere(wrong)[0]
    return f"{np.datetime64(int(record.times[step]), 'us')} (site {site})"
