"""The battery of a UPS: strings side by side, each with what is left of its capacity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatteryParameters:
    """A lead-acid (VRLA) battery.

    rated_time: s that a new battery carries the UPS at `rated_load` (5–15 min are usual designs)
    rated_load: in parts of the UPS's rating
    health: what is left of each string's capacity, in parts of new; a weak string gives out first and leaves
        its share to the others
    peukert: drain grows with power to this exponent (VRLA at rates of minutes: 1.1–1.3)
    charge: at the start, in parts of full
    voltage: V nominal; float_voltage: V while charged (2.25 V of 2.0 V a cell)
    sag: parts of nominal that rated load takes off at once; knee: parts lost over the last fifth of a string
    charger: in parts of the UPS's rating; above `taper` (parts of full) it tapers off
    """

    rated_time: float = 480.0
    rated_load: float = 1.0
    health: tuple[float, ...] = (1.0, 1.0)
    peukert: float = 1.15
    charge: float = 1.0
    voltage: float = 480.0
    float_voltage: float = 540.0
    sag: float = 0.08
    knee: float = 0.08
    charger: float = 0.02
    taper: float = 0.8


class Battery:
    """Charge in J by string. Reference: at `rated_load` a new battery delivers exactly its rated energy."""

    def __init__(self, rating_power: float, parameters: BatteryParameters) -> None:
        self._p = parameters
        self._reference = rating_power * parameters.rated_load  # W
        self._charger = rating_power * parameters.charger
        rated = self._reference * parameters.rated_time / len(parameters.health)
        self.capacity = [rated * health for health in parameters.health]
        self.left = [capacity * parameters.charge for capacity in self.capacity]
        self.power = 0.0  # W out of the battery; negative while it charges

    @property
    def charge(self) -> float:
        """What is left, in parts of what the battery as it is can hold."""
        return sum(self.left) / sum(self.capacity)

    @property
    def exhausted(self) -> bool:
        """Whether no string has anything left."""
        return not any(self.left)

    def discharge(self, dt: float, power: float) -> None:
        """Give `power` W for `dt` s: the strings that still have something share it evenly."""
        self.power = power
        carrying = [i for i, left in enumerate(self.left) if left > 0]
        for i in carrying:
            self.left[i] = max(0.0, self.left[i] - dt * self._drain(power / len(carrying)))

    def recharge(self, dt: float) -> float:
        """Take a charge for `dt` s; W drawn."""
        charge = self.charge
        full = max(0.0, min(1.0, (1.0 - charge) / (1.0 - self._p.taper)))
        power = self._charger * full if charge < 0.9999 else 0.0
        room = [capacity - left for capacity, left in zip(self.capacity, self.left, strict=True)]
        if power and (total := sum(room)):
            for i, space in enumerate(room):
                self.left[i] = min(self.capacity[i], self.left[i] + dt * power * space / total)
        self.power = -power
        return power

    def rest(self) -> None:
        """Neither give nor take."""
        self.power = 0.0

    def estimate(self, power: float) -> float:
        """Seconds that the UPS believes to have left: optimistic, as it counts on strings as good as new."""
        carrying = sum(1 for left in self.left if left > 0)
        if power <= 0 or not carrying:
            return 0.0 if self.exhausted else 86_400.0
        new = self._reference * self._p.rated_time / len(self.left)
        return min(86_400.0, self.charge * new / self._drain(power / carrying))

    @property
    def voltage(self) -> float:
        """V at the terminals: of the string that still holds out best."""
        p = self._p
        fullest = max(left / capacity for left, capacity in zip(self.left, self.capacity, strict=True))
        if self.power <= 0:
            rest = p.voltage * (0.97 + 0.07 * fullest)
            return (
                p.float_voltage - (p.float_voltage - rest) * (1 - fullest) if self.power < 0 or fullest > 0.99 else rest
            )
        carrying = sum(1 for left in self.left if left > 0) or 1
        rate = self.power / self._reference * len(self.left) / carrying
        knee = max(0.0, 0.2 - fullest) / 0.2
        return p.voltage * (0.97 + 0.07 * fullest - p.sag * rate - p.knee * knee)

    @property
    def current(self) -> float:
        """A, positive while it charges."""
        return -self.power / self.voltage

    def _drain(self, power: float) -> float:
        """W taken off one string's charge while it gives `power`, by Peukert's law."""
        reference = self._reference / len(self.left)
        return power * float((power / reference) ** (self._p.peukert - 1))
