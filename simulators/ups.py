"""A double-conversion UPS: rectifier, battery, inverter."""

from dataclasses import dataclass

from simulators.battery import Battery, BatteryParameters
from simulators.supply import DEAD, Supply
from telemetry.block import SECOND


@dataclass(frozen=True, slots=True)
class UpsParameters:
    """What the site file does not say of a UPS. Times in s.

    low, high: input window, parts of nominal; frequency_window: parts of nominal
    qualify: the input must be good for so long before the rectifier walks in
    restart: after its battery ran out, the input must be good for so long before the output is switched on
    efficiency: of the rectifier and of the inverter, each; idle: own consumption, parts of the rating
    low_battery: s of estimated runtime at which it says that its battery is low
    """

    low: float = 0.85
    high: float = 1.10
    frequency_window: float = 0.05
    qualify: float = 5.0
    restart: float = 60.0
    efficiency: float = 0.95
    idle: float = 0.01
    low_battery: float = 120.0


class Ups:
    """States: online, on_battery, off. While the rectifier walks in, the battery still gives the rest: on_battery."""

    def __init__(
        self,
        rating_power: float,
        nominal_frequency: float,
        walk_in: int,
        parameters: UpsParameters,
        battery: BatteryParameters,
    ) -> None:
        self.rating_power = rating_power
        self.battery = Battery(rating_power, battery)
        self.state = "online"
        self.load = 0.0  # W at the output
        self.input_power = 0.0  # W
        self.line_bads = 0
        self.output = Supply(1.0, 1.0, 1.0, nominal_frequency)
        self._p = parameters
        self._nominal_frequency = nominal_frequency
        self._walk_in = walk_in
        self._qualifies_after = round(parameters.qualify * SECOND)
        self._restarts_after = round(parameters.restart * SECOND)
        self._good_since: int | None = -(2**62)  # for ever

    @property
    def runtime(self) -> float:
        """How long, in s, the device believes that its battery would last at this load: see `Battery.estimate`."""
        return self.battery.estimate(self._battery_power(1.0))

    @property
    def battery_status(self) -> str:
        """As in the catalogue's `battery.status`."""
        if self.battery.exhausted:
            return "depleted"
        return "low" if self.state == "on_battery" and self.runtime < self._p.low_battery else "normal"

    def step(self, now: int, dt: float, source: Supply, load: float) -> Supply:
        """The output `dt` seconds later.

        Args:
            now: µs
            dt: s
            source: what is at the input
            load: W drawn from the output
        """
        self.load = load if self.output is not DEAD else 0.0
        self._qualify(now, source)
        good_for = -1 if self._good_since is None else now - self._good_since
        if self.state == "off":
            self._wait(dt, good_for)
        elif self.state == "online":
            if good_for < 0:
                self.state = "on_battery"
                self._discharge(dt, 1.0)
            else:
                self._charge(dt)
        else:
            walked = max(0.0, min(1.0, (good_for - self._qualifies_after) / max(1, self._walk_in)))
            if good_for >= 0 and walked >= 1.0:
                self.state = "online"
                self._charge(dt)
            else:
                self._discharge(dt, 1.0 - walked)
        self.output = DEAD if self.state == "off" else Supply(1.0, 1.0, 1.0, self._output_frequency(source))
        return self.output

    def _qualify(self, now: int, source: Supply) -> None:
        p = self._p
        off = abs(source.frequency - self._nominal_frequency)
        good = (
            p.low <= source.lowest and source.highest <= p.high and off <= p.frequency_window * self._nominal_frequency
        )
        if good and self._good_since is None:
            self._good_since = now
        elif not good and self._good_since is not None:
            self._good_since = None
            self.line_bads += 1

    def _wait(self, dt: float, good_for: int) -> None:
        """Off: charge from a good input, and switch on once it has been good for long enough."""
        if good_for < 0:
            self.battery.rest()
            self.input_power = 0.0
            return
        self._charge(dt)
        if good_for >= self._restarts_after:
            self.state = "online"

    def _charge(self, dt: float) -> None:
        self.input_power = self._battery_power(1.0) / self._p.efficiency + self.battery.recharge(dt)

    def _discharge(self, dt: float, share: float) -> None:
        """The battery gives `share` of what the inverter needs, the rectifier the rest."""
        needed = self._battery_power(1.0)
        self.battery.discharge(dt, needed * share)
        self.input_power = needed * (1.0 - share) / self._p.efficiency
        if self.battery.exhausted:
            self.state = "off"

    def _battery_power(self, share: float) -> float:
        """W on the direct-current side for that share of the load."""
        return share * (self.load / self._p.efficiency + self._p.idle * self.rating_power)

    def _output_frequency(self, source: Supply) -> float:
        """The inverter follows a good input and runs free without one."""
        return source.frequency if self.state == "online" and source.frequency > 0 else self._nominal_frequency
