"""An automatic transfer switch with its controller: two sources in, one out."""

from dataclasses import dataclass

from simulators.supply import DEAD, Supply
from telemetry.block import SECOND
from telemetry.site import TransferSettings


@dataclass(frozen=True, slots=True)
class SwitchParameters:
    """What the site file does not say of a switch. Times in s, limits in parts of nominal.

    mechanism: break before make, 20–100 ms are usual
    bypass_retransfer_delay: the retransfer delay is cut short when the emergency source is bad for so long
    dropout_frequency, pickup_frequency: of the emergency source
    """

    mechanism: float = 0.1
    bypass_retransfer_delay: float = 0.5
    dropout_frequency: float = 0.90
    pickup_frequency: float = 0.95


class Sensing:
    """Whether a source is good, with the gap between drop-out and pick-up that keeps it from hunting."""

    def __init__(self, settings: TransferSettings, parameters: SwitchParameters, nominal_frequency: float) -> None:
        self._settings = settings
        self._dropout_frequency = parameters.dropout_frequency * nominal_frequency
        self._pickup_frequency = parameters.pickup_frequency * nominal_frequency
        self.good = False
        self.since = 0  # µs: when it last changed

    def look(self, now: int, supply: Supply) -> bool:
        """Judge what is there at `now`."""
        if self.good:
            good = supply.lowest >= self._settings.dropout and supply.frequency >= self._dropout_frequency
        else:
            good = supply.lowest >= self._settings.pickup and supply.frequency >= self._pickup_frequency
        if good != self.good:
            self.good, self.since = good, now
        return good

    def good_for(self, now: int) -> int:
        """µs for which it has been good; -1 while it is bad."""
        return now - self.since if self.good else -1

    def bad_for(self, now: int) -> int:
        """µs for which it has been bad; -1 while it is good."""
        return -1 if self.good else now - self.since


class TransferSwitch:
    """Position as in the catalogue's `input.source`; `none` while the mechanism moves.

    Timers: start_delay before the engine is called, transfer_delay before it is used, retransfer_delay
    before the utility is trusted again. Inhibited, it calls the engine but does not move.
    """

    def __init__(self, settings: TransferSettings, parameters: SwitchParameters, nominal_frequency: float) -> None:
        self._settings = settings
        self._mechanism = round(parameters.mechanism * SECOND)
        self._bypass_retransfer_delay = round(parameters.bypass_retransfer_delay * SECOND)
        self.normal = Sensing(settings, parameters, nominal_frequency)
        self.emergency = Sensing(settings, parameters, nominal_frequency)
        self.position = "normal"
        self.inhibited = False
        self.start_contact = False
        self.transfers = 0
        self.output = DEAD
        self._target = "normal"
        self._arrives = 0

    def step(self, now: int, normal: Supply, emergency: Supply, inhibited: bool) -> Supply:
        """What the load side gets at `now` (µs)."""
        self.inhibited = inhibited
        self.normal.look(now, normal)
        self.emergency.look(now, emergency)
        self._call(now)
        if not inhibited:
            self._move(now)
        self.output = {"normal": normal, "emergency": emergency}.get(self.position, DEAD)
        return self.output

    def _call(self, now: int) -> None:
        """The engine start contact."""
        if self.normal.bad_for(now) >= self._settings.start_delay:
            self.start_contact = True
        elif self.normal.good and self.position == "normal":
            self.start_contact = False

    def _move(self, now: int) -> None:
        s = self._settings
        if self.position == "none":
            if now >= self._arrives:
                self.position = self._target
                self.transfers += 1
        elif self.position == "normal":
            if self.start_contact and not self.normal.good and self.emergency.good_for(now) >= s.transfer_delay:
                self._leave(now, "emergency")
        else:
            emergency_failed = self.emergency.bad_for(now) >= self._bypass_retransfer_delay
            if self.normal.good_for(now) >= (0 if emergency_failed else s.retransfer_delay):
                self._leave(now, "normal")

    def _leave(self, now: int, target: str) -> None:
        self._target = target
        self._arrives = now + self._mechanism + self._settings.neutral_delay
        self.position = "none"
