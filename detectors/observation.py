"""What can be seen of every source, switch and UPS, row by row: true, false or unobservable.

A pure function of each row's levels; what needs a memory (hysteresis, timers, twice in a row) is elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.levels import ACCEPTED, ALIVE, EXCESSIVE, HELD, IN_BAND, LOADED, RUNNING, STEADY, TOO_FAST, TURNING
from detectors.truth import FALSE, TRUE, UNKNOWN, Levels, Truth, among, enough, every, first_known, reaches, some
from detectors.wiring import SourceWiring, SwitchWiring, Wiring
from device_profiles.quantities import quantity


def _code(name: str, state: str) -> int:
    return quantity(name).code(state)


POSITION = {state: _code("input.source", state) for state in ("none", "normal", "emergency", "both")}
STATUS = {state: _code("ups.status", state) for state in ("on_battery", "off")}
_ACCEPTS = tuple(_code("ups.status", state) for state in ("online", "boost", "trim", "eco"))
_GOOD = _code("input.1.status", "good")
_INHIBITED = _code("ats.mode", "inhibited")
_RUN = _code("ats.start_contact", "run")
_CRANKING, _LOCKED_OUT = _code("generator.state", "cranking"), _code("generator.state", "locked_out")
_TURNS = tuple(_code("generator.state", s) for s in ("running", "cooldown"))
_TRIPPED = _code("generator.breaker", "tripped")
_BARRED = _code("lockout.status", "locked_out")


@dataclass(frozen=True, slots=True)
class Observation:
    """(T, n) for V utilities' O observers, S switches, G emergency sources, U UPSs.

    holds, usable, steady (O): at or above drop-out on every phase, at or above pick-up, at or above 0.95
    normal_holds (S): the normal side is at or above drop-out, by the best witness that can be seen
    normal_back, source_back (S): it is at or above pick-up, by the switch's own word; by what its source says
    arrives (S): power that the switch accepts is at its emergency side; unknown where the switch does not measure it
    emergency (S): the same, else by what its sources measure of themselves
    inhibited, barred, bus (S): the switch may not move; a lockout or trip on its way to the emergency sources;
        a lockout of the switchgear of its normal side
    contact (S): it asks the generator to start; position (S): code, -1 unknown
    load (S): its load side has voltage
    started, running, good, locked, overcranked, cranking, loaded (G): a sign of life; up to speed; in spec by its own
        measurement; cannot feed until someone sets it free; its controller says so; cranks right now; gives power
    status (U): code, -1 unknown; accepts (U): it says that it takes its power from its input
    output, output_dead, input_dead (U): every phase has voltage; none has; none has
    """

    holds: Truth
    usable: Truth
    steady: Truth
    normal_holds: Truth
    normal_back: Truth
    source_back: Truth
    arrives: Truth
    emergency: Truth
    inhibited: Truth
    barred: Truth
    bus: Truth
    contact: Truth
    position: Levels
    load: Truth
    started: Truth
    running: Truth
    good: Truth
    locked: Truth
    overcranked: Truth
    cranking: Truth
    loaded: Truth
    status: Levels
    accepts: Truth
    output: Truth
    output_dead: Truth
    input_dead: Truth

    def row(self, t: int) -> "Observation":
        """One row, (n,) each."""
        return Observation(*(getattr(self, name)[t] for name in self.__slots__))


def _present(places: NDArray[np.int64], truth: Truth) -> Truth:
    """A quantity that the stream does not have cannot bar anything; one that is silent can."""
    return np.where(places < 0, FALSE, truth)


def observe(w: Wiring, levels: Levels) -> Observation:
    """See (T, M + 1) levels through the wiring."""
    sources = _sources(w.sources, levels)
    u = w.upses
    output = levels[:, u.output]
    return Observation(
        holds=every(reaches(levels[:, w.utilities.feeds], HELD)),
        usable=every(reaches(levels[:, w.utilities.feeds], ACCEPTED)),
        steady=every(reaches(levels[:, w.utilities.feeds], STEADY)),
        **_switches(w.switches, levels, sources),
        **sources,
        status=levels[:, u.status],
        accepts=among(levels[:, u.status], *_ACCEPTS),
        output=every(reaches(output, ALIVE)),
        output_dead=-some(reaches(output, ALIVE)),
        input_dead=-some(reaches(levels[:, u.input], ALIVE)),
    )


def _sources(w: SourceWiring, levels: Levels) -> dict[str, Truth]:
    volts, state, speed = levels[:, w.volts], levels[:, w.state], levels[:, w.speed]
    alive = some(reaches(volts, ALIVE))
    says_running, turns = among(state, *_TURNS), reaches(speed, RUNNING)
    cranking = among(state, _CRANKING)
    gave_up = np.maximum(
        _present(w.state, among(state, _LOCKED_OUT)), _present(w.lockout, among(levels[:, w.lockout], _BARRED))
    )
    # Voltage proves that it runs; without, its controller's word counts, then its speed.
    running = np.where(alive == TRUE, TRUE, first_known(says_running, turns, alive))
    frequency = levels[:, w.frequency]
    in_band = np.where(frequency < 0, UNKNOWN, np.where(frequency == IN_BAND, TRUE, FALSE))
    accepted = every(np.minimum(reaches(volts, ACCEPTED), -_over(volts)))
    return {
        "started": np.maximum(np.maximum(running, cranking), reaches(speed, TURNING)),
        "running": running,
        "good": _with_frequency(accepted, in_band),
        "cranking": cranking,
        "loaded": reaches(levels[:, w.power], LOADED),
        "overcranked": np.where(running == TRUE, FALSE, gave_up),
        "locked": np.maximum.reduce(
            [
                gave_up,
                _present(w.breaker, among(levels[:, w.breaker], _TRIPPED)),
            ]
        ),
    }


def _over(volts: Levels) -> Truth:
    return reaches(volts, EXCESSIVE)


def _with_frequency(accepted: Truth, in_band: Truth) -> Truth:
    """Voltage decides; the frequency counts against it where it is known."""
    return np.where(in_band == FALSE, np.where(accepted == TRUE, FALSE, accepted), accepted)


def _switches(w: SwitchWiring, levels: Levels, sources: dict[str, Truth]) -> dict[str, Truth]:
    normal, far = levels[:, w.normal], levels[:, w.normal_far]
    status = among(levels[:, w.normal_status], _GOOD)
    frequency = levels[:, w.emergency_frequency]
    in_band = np.where(frequency < 0, UNKNOWN, np.where((frequency >= IN_BAND) & (frequency < TOO_FAST), TRUE, FALSE))
    volts = levels[:, w.emergency]
    measured = _with_frequency(every(np.minimum(reaches(volts, ACCEPTED), -_over(volts))), in_band)
    arrives = first_known(measured, among(levels[:, w.emergency_status], _GOOD))
    return {
        "normal_holds": first_known(every(reaches(normal, HELD)), status, every(reaches(far, HELD))),
        "normal_back": first_known(every(reaches(normal, ACCEPTED)), status),
        "source_back": every(reaches(far, ACCEPTED)),
        "arrives": arrives,
        "emergency": first_known(arrives, enough(sources["good"], w.sources, np.maximum(w.needs, 1))),
        "inhibited": _present(w.mode, among(levels[:, w.mode], _INHIBITED)),
        "barred": np.maximum(
            some(_present(w.barred, among(levels[:, w.barred], _BARRED))),
            some(_present(w.tripped, among(levels[:, w.tripped], _TRIPPED))),
        ),
        "bus": some(_present(w.bus, among(levels[:, w.bus], _BARRED))),
        "contact": among(levels[:, w.contact], _RUN),
        "position": levels[:, w.position],
        "load": _load(w, levels),
    }


def _load(w: SwitchWiring, levels: Levels) -> Truth:
    """The load side, by the best witness that can be seen: itself, a meter on it, the inputs of what it feeds."""
    inputs = every(reaches(levels[:, w.below], HELD))  # (T, S, B)
    fed = np.where(some(inputs) == TRUE, TRUE, _none_alive(inputs))
    return first_known(every(reaches(levels[:, w.load], HELD)), every(reaches(levels[:, w.load_far], HELD)), fed)


def _none_alive(inputs: Truth) -> Truth:
    """False where at least one is seen dead and none is seen alive: a silent one says nothing."""
    return np.where((inputs == FALSE).any(axis=-1), FALSE, UNKNOWN)
