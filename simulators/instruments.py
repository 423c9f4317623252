"""What each device's own instruments show: the plant's state in the catalogue's quantities.

Every form that a device could give is here (phase to neutral, phase to phase, the single figure); its
profile picks. States are their codes.
"""

from device_profiles.quantities import quantity
from simulators.generator import Generator
from simulators.supply import Supply, currents, voltages
from simulators.transfer_switch import TransferSwitch
from simulators.ups import Ups
from telemetry.site import Device

Values = dict[str, float]


def utility(device: Device, supply: Supply, power: float) -> Values:
    """A meter at the utility's incomer."""
    return voltages("input", supply, device.nominal_voltage) | currents("input", supply, device.nominal_voltage, power)


def generator(device: Device, generator: Generator) -> Values:
    """A set's controller; alive on its own batteries."""
    turning = generator.speed / (30 * device.nominal_frequency)
    return {
        **voltages("output", generator.supply, device.nominal_voltage),
        **currents("output", generator.supply, device.nominal_voltage, generator.load),
        "generator.state": _code("generator.state", generator.state),
        "lockout.status": _code("lockout.status", "locked_out" if generator.state == "locked_out" else "normal"),
        "generator.mode": _code("generator.mode", "auto"),
        "generator.breaker": _code("generator.breaker", generator.breaker),
        "generator.speed": generator.speed,
        "generator.battery.voltage": generator.battery_voltage,
        "generator.fuel": generator.fuel,
        "generator.oil.pressure": 420.0 * min(1.0, turning),
        "generator.oil.temperature": generator.coolant + 8.0 * turning,
        "generator.coolant.temperature": generator.coolant,
    }


def transfer_switch(device: Device, switch: TransferSwitch, normal: Supply, emergency: Supply, power: float) -> Values:
    """A switch's controller; alive on control power."""
    nominal = device.nominal_voltage
    return {
        **voltages("input.1", normal, nominal),
        **voltages("input.2", emergency, nominal),
        **voltages("output", switch.output, nominal),
        **currents("output", switch.output, nominal, power),
        "input.source": _code("input.source", switch.position),
        "input.1.status": _code("input.1.status", "good" if switch.normal.good else "bad"),
        "input.2.status": _code("input.2.status", "good" if switch.emergency.good else "bad"),
        "ats.mode": _code("ats.mode", "inhibited" if switch.inhibited else "auto"),
        "ats.start_contact": _code("ats.start_contact", "run" if switch.start_contact else "stop"),
    }


def ups(device: Device, ups: Ups, source: Supply) -> Values:
    """A UPS's card. Temperatures rise with the work that is done."""
    percent = 100 * ups.load / ups.rating_power
    battery = ups.battery
    return {
        **voltages("input", source, device.nominal_voltage),
        **currents("input", source, device.nominal_voltage, ups.input_power),
        **voltages("input.bypass", source, device.nominal_voltage),
        "input.linebads": float(ups.line_bads),
        **voltages("output", ups.output, device.nominal_output_voltage),
        **currents("output", ups.output, device.nominal_output_voltage, ups.load),
        **{f"output.{phase}power.percent": percent for phase in ("", "L1.", "L2.", "L3.")},
        "ups.load": percent,
        "ups.status": _code("ups.status", ups.state),
        "ups.temperature": 26.0 + 0.06 * percent,
        "battery.charge": 100 * battery.charge,
        "battery.runtime": ups.runtime,
        "battery.voltage": battery.voltage,
        "battery.current": battery.current,
        "battery.temperature": 24.0,
        "battery.status": _code("battery.status", ups.battery_status),
    }


def pdu(device: Device, source: Supply, power: float) -> Values:
    """A PDU's card."""
    return voltages("input", source, device.nominal_voltage) | currents("input", source, device.nominal_voltage, power)


def _code(name: str, state: str) -> float:
    return float(quantity(name).code(state))
