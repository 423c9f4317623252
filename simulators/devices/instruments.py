"""What each device's own instruments show: the plant's state in the catalogue's quantities.

Every form that a device could give is here (phase to neutral, phase to phase, the single figure); its
profile picks. States are their codes. Arrays are `(S, n)`: n like devices of S sites.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from device_profiles.quantities import PHASE_TO_NEUTRAL, PHASE_TO_PHASE, PHASES, quantity
from simulators.chance import Chance
from simulators.distribution.switchgear import Switchgears
from simulators.generator.generators import Generators
from simulators.supply import Floats, Supply
from simulators.transfer_switch.switches import TransferSwitches
from simulators.ups.upses import Upses
from telemetry.site import Device

Columns = dict[str, Floats]  # quantity -> (S, n)

# Noise of instruments: standard deviation in parts of the reading, class 0.2 to 0.5 as common.
_NOISE = {"V": 5e-4, "A": 2e-3, "W": 2e-3, "VA": 2e-3, "Hz": 3e-5, "rpm": 1e-3, "kPa": 5e-3}


class Panel:
    """The instruments of like devices."""

    def __init__(self, devices: Sequence[Device], seeds: Sequence[int], read: Callable[[], Columns]) -> None:
        """Nothing is read yet but the names.

        Args:
            devices: n of them
            seeds: of the instruments' noise, one a site
            read: what they would show without noise, now
        """
        self.devices = tuple(d.name for d in devices)
        self.quantities = tuple(read())
        self._read = read
        self._strength = np.array([_NOISE.get(quantity(name).unit, 0.0) for name in self.quantities])
        self._chance = Chance(seeds, [f"{device}.{name}" for device in self.devices for name in self.quantities])

    def values(self, now: int) -> Floats:
        """`(S, n, quantities)` at `now` (µs). The same whenever it is asked at one time."""
        columns = self._read()
        exact = np.stack([columns[name] for name in self.quantities], axis=-1)
        values: Floats = exact * (1 + self._chance.normal(now).reshape(exact.shape) * self._strength)
        return values


def shown(panels: Iterable[Panel], now: int, site: int) -> dict[str, dict[str, float]]:
    """{device: {quantity: value}} of one site, whether or not anybody can ask for it."""
    return {
        device: dict(zip(panel.quantities, row, strict=True))
        for panel in panels
        for device, row in zip(panel.devices, panel.values(now)[site].tolist(), strict=True)
    }


def meter(supply: Supply, watts: Floats, nominal: Floats) -> Columns:
    """A meter: three phases of a feed and what goes through it. nominal: `(n,)` V phase to neutral."""
    return voltages("input", supply, nominal) | currents("input", supply, nominal, watts)


def generator(sets: Generators, nominal: Floats) -> Columns:
    """A set's controller; alive on its own batteries."""
    turning = sets.speed / sets.rated_speed
    watts = np.repeat(sets.load[..., np.newaxis] / 3, 3, axis=-1)
    return {
        **voltages("output", sets.supply, nominal),
        **currents("output", sets.supply, nominal, watts),
        "generator.state": _codes(sets.state),
        "lockout.status": _codes(sets.lockout),
        "generator.mode": _codes(sets.mode),
        "generator.breaker": _codes(sets.breaker),
        "generator.speed": sets.speed,
        "generator.battery.voltage": sets.battery_voltage,
        "generator.fuel": sets.fuel,
        "generator.oil.pressure": sets.oil_pressure,
        "generator.oil.temperature": sets.coolant + 8.0 * turning,
        "generator.coolant.temperature": sets.coolant,
    }


def switchgear(boards: Switchgears, source: Supply, output: Supply, watts: Floats, nominal: Floats) -> Columns:
    """A board's relay and meter; alive on its station battery."""
    return {
        **meter(source, watts, nominal),
        **voltages("output", output, nominal),
        "switchgear.breaker": _codes(boards.breakers.state),
        "lockout.status": _codes(boards.lockout),
    }


def transfer_switch(switches: TransferSwitches, watts: Floats, nominal: Floats) -> Columns:
    """A switch's controller; alive on control power."""
    return {
        **voltages("input.1", switches.normal, nominal),
        **voltages("input.2", switches.emergency, nominal),
        **voltages("output", switches.output, nominal),
        **currents("output", switches.output, nominal, watts),
        "input.source": _codes(switches.position),
        "input.1.status": _codes(~switches.normal_good),
        "input.2.status": _codes(~switches.emergency_good),
        "ats.mode": _codes(switches.mode),
        "ats.start_contact": _codes(switches.start_contact),
    }


def ups(upses: Upses, nominal: Floats, nominal_output: Floats) -> Columns:
    """A UPS's card."""
    battery = upses.batteries
    percent = 100 * upses.load / upses.rating_power
    phases = 300 * upses.load_phases / upses.rating_power[..., np.newaxis]
    return {
        **voltages("input", upses.source, nominal),
        **currents("input", upses.source, nominal, upses.input_phases),
        **voltages("input.bypass", upses.bypass_source, nominal),
        "input.linebads": _codes(upses.line_bads),
        **voltages("output", upses.output, nominal_output),
        **currents("output", upses.output, nominal_output, upses.load_phases),
        "output.power.percent": percent,
        **{f"output.{phase}.power.percent": phases[..., i] for i, phase in enumerate(PHASES)},
        "ups.load": percent,
        "ups.status": _codes(upses.mode),
        "ups.temperature": upses.temperature,
        "ups.on_battery.time": upses.seconds_on_battery,
        "ups.test.result": _codes(upses.test_result),
        "battery.charge": 100 * battery.charge,
        "battery.runtime": battery.runtime,
        "battery.voltage": battery.voltage,
        "battery.current": battery.current,
        "battery.temperature": battery.temperature,
        "battery.status": _codes(battery.status),
        "battery.breaker": _codes(battery.breaker),
    }


def voltages(feed: str, supply: Supply, nominal: Floats) -> Columns:
    """Every way in which a device may give the voltages of `feed`, in V, and its frequency, in Hz.

    Args:
        feed: `input`, `output`, `input.1` …
        supply: what is there
        nominal: `(n,)` V, phase to neutral
    """
    volts = supply.volts * nominal[:, np.newaxis]
    to_neutral = np.abs(volts)
    between = np.abs(volts - np.roll(volts, -1, axis=-1))
    found = {f"{feed}.{name}.voltage": to_neutral[..., i] for i, name in enumerate(PHASE_TO_NEUTRAL)}
    found |= {f"{feed}.{name}.voltage": between[..., i] for i, name in enumerate(PHASE_TO_PHASE)}
    found[f"{feed}.voltage"] = to_neutral.min(axis=-1)
    found[f"{feed}.frequency"] = supply.frequency
    found[f"{feed}.phases"] = np.full_like(supply.frequency, 3.0)
    wiring = quantity(f"{feed}.wiring").code("line_to_neutral")
    found[f"{feed}.wiring"] = np.full_like(supply.frequency, float(wiring))
    return found


def currents(feed: str, supply: Supply, nominal: Floats, watts: Floats) -> Columns:
    """Currents in A, power in W and VA through `feed`, at unity power factor. watts: `(S, n, 3)`, negative backwards."""
    volts = np.abs(supply.volts) * nominal[:, np.newaxis]
    amperes = np.divide(np.abs(watts), volts, out=np.zeros_like(volts), where=volts > 0)
    total = watts.sum(axis=-1)
    found = {f"{feed}.current": amperes.max(axis=-1), f"{feed}.realpower": total, f"{feed}.power": np.abs(total)}
    for i, phase in enumerate(PHASES):
        found[f"{feed}.{phase}.current"] = amperes[..., i]
        found[f"{feed}.{phase}.realpower"] = watts[..., i]
        found[f"{feed}.{phase}.power"] = np.abs(watts[..., i])
    return found


def _codes(states: NDArray[np.generic]) -> Floats:
    return states.astype(np.float64)
