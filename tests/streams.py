"""Random streams of a small site, for property tests: calm, with spells of anything."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from detectors.bank import Bank
from detectors.detector import Detector
from detectors.event import Event
from detectors.layout import Layout
from device_profiles.quantities import PHASE_TO_PHASE, Kind, quantity
from telemetry.block import SECOND, Channel, Quality, SampleBlock
from telemetry.site import Site
from telemetry.site_file import parse_site

SITE = parse_site(
    """
[site]
name = "all"
nominal_voltage = 230

[[device]]
name = "utility-1"
kind = "utility"

[[device]]
name = "gen-1"
kind = "generator"

[[device]]
name = "ats-a"
kind = "transfer_switch"
normal = "utility-1"
emergency = "gen-1"

[[device]]
name = "ups-a"
kind = "ups"
fed_by = "ats-a"

[[device]]
name = "pdu-a"
kind = "pdu"
fed_by = "ups-a"

[[load]]
name = "row-1"
fed_by = ["pdu-a"]
""",
    "all.toml",
)

CHANNELS = tuple(
    Channel(*name.split("/"))
    for name in (
        *(f"utility-1/input.L{p}-N.voltage" for p in (1, 2, 3)),
        "utility-1/input.frequency",
        *(f"ats-a/input.1.{p}.voltage" for p in PHASE_TO_PHASE),
        *("ats-a/input.2.voltage", "ats-a/output.voltage", "ats-a/input.source", "ats-a/ats.mode"),
        *("ats-a/output.frequency", "ats-a/ats.start_contact"),
        *("gen-1/generator.state", "gen-1/output.voltage", "gen-1/output.frequency"),
        *("ups-a/ups.status", "ups-a/input.voltage", "ups-a/input.frequency", "ups-a/output.voltage"),
        *("ups-a/output.current", "ups-a/output.realpower", "ups-a/output.power"),
        *("ups-a/battery.charge", "ups-a/battery.runtime", "pdu-a/input.voltage"),
        *("pdu-a/input.realpower", *(f"pdu-a/input.L{p}.realpower" for p in (1, 2, 3))),
        *("ups-a/alarm.fan-failed", "pdu-a/device.2.alarm.breaker-tripped"),
        *("ups-a/input.linebads", "ups-a/input.transfer.reason", "utility-1/input.voltage.maximum"),
        *("ups-a/input.voltage.minimum", "ups-a/input.voltage.maximum", "utility-1/input.voltage.minimum"),
    )
)


def column(name: str) -> st.SearchStrategy[float]:
    """What a channel of that quantity is worth trying with: its limits, both sides of them, and nothing."""
    of = quantity(name)
    if of.kind is Kind.STATE:
        return st.sampled_from([*map(float, range(len(of.states))), np.nan])
    part = nominal_part(name)
    choices = {
        "V": [part * v for v in (0, 10, 23, 27.5, 100, 195.5, 207, 210, 212, 230, 248, 253, 260, np.nan)],
        "Hz": (0, 20, 46, 48.7, 49, 49.4, 49.5, 49.52, 49.56, 49.75, 50, 50.2, 50.5, 50.6, 56.5, np.nan),
        "%": (100, 99, 97, 90, 50, 2, 0, np.nan),
        "s": (600, 400, 60, 0, np.nan),
        "A": (0, 4.3, 5, 10, 40, np.nan),
        "W": (0, 700, 900, 2300, 2600, 5200, -5200, np.nan),
        "VA": (0, 900, 2300, 2600, 5200, np.nan),
        "": (0, 1, 2, 5, np.nan),
    }
    return st.sampled_from(choices[of.unit])


def nominal_part(name: str) -> float:
    """How many times 230 V a voltage of that name is; a little more than √3, lest a limit be met to the last bit."""
    return 1.7321 if any(f".{p}." in name for p in PHASE_TO_PHASE) else 1.0


def _calm() -> np.ndarray:
    usual = {"Hz": 50.0, "%": 100.0, "s": 600.0, "A": 10.0, "W": 2000.0, "VA": 2200.0, "": 0.0}
    calm = [
        0.0
        if quantity(c.quantity).kind is Kind.STATE
        else usual.get(quantity(c.quantity).unit, 230.0 * nominal_part(c.quantity))
        for c in CHANNELS
    ]
    for phase in (1, 2, 3):
        calm[CHANNELS.index(Channel("pdu-a", f"input.L{phase}.realpower"))] = 700.0
    calm[CHANNELS.index(Channel("ats-a", "input.source"))] = float(quantity("input.source").code("normal"))
    return np.array(calm, np.float32)


CALM = _calm()  # what each channel gives while nothing happens


@st.composite
def streams(draw: st.DrawFn, rows: int = 40, longer: int = 1) -> SampleBlock:
    """Calm with spells of anything: each spell sets some channels to some value for some rows.

    Args:
        draw: of hypothesis
        rows: so many
        longer: up to so many times as long, every row repeated: then spells last for windows
    """
    values = np.tile(CALM, (rows, 1))
    quality = np.zeros(values.shape, np.uint8)
    for _ in range(draw(st.integers(0, 14))):
        start = draw(st.integers(0, rows - 1))
        stop = min(rows, start + draw(st.integers(1, 25)))
        many = draw(st.sets(st.integers(0, len(CHANNELS) - 1), min_size=1, max_size=8))
        if draw(st.integers(0, 5)):
            for i in many:
                values[start:stop, i] = draw(column(CHANNELS[i].quantity))
        else:
            whole = [i for i, c in enumerate(CHANNELS) if c.device == CHANNELS[min(many)].device]
            values[start:stop, whole] = np.nan
            quality[start:stop, whole] = Quality.MISSING
    values[quality == Quality.MISSING] = np.nan
    quality[np.isnan(values) & (quality == Quality.GOOD)] = draw(st.sampled_from((Quality.MISSING, Quality.SUSPECT)))
    held = np.flatnonzero(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
    for row in held:
        device = draw(st.sampled_from([d.name for d in SITE.devices]))
        own = [i for i, c in enumerate(CHANNELS) if c.device == device]
        if row:
            values[row, own] = values[row - 1, own]
            quality[row, own] = Quality.HELD
    steps = np.array(draw(st.lists(st.sampled_from((SECOND, SECOND, 2 * SECOND)), min_size=rows, max_size=rows)))
    times = draw(st.sampled_from((1, longer)))
    values, quality, steps = (np.repeat(a, times, axis=0) for a in (values, quality, steps))
    return SampleBlock(CHANNELS, 1_700_000_000 * SECOND + np.cumsum(steps, dtype=np.int64), values, quality)


def after_calm(block: SampleBlock, rows: int = 96) -> SampleBlock:
    """The stream after so many calm rows: what is usual of every channel is known when it begins."""
    times = block.times[0] - SECOND * np.arange(rows, 0, -1)
    return SampleBlock(
        CHANNELS,
        np.concatenate((times, block.times)),
        np.vstack((np.tile(CALM, (rows, 1)), block.values)),
        np.vstack((np.zeros((rows, len(CHANNELS)), np.uint8), block.quality)),
    )


def run(detector: Detector[Any], pieces: list[SampleBlock], site: Site = SITE) -> list[Event]:
    bank, state, events, channels = Bank([detector]), None, [], None
    for piece in pieces:
        if piece.channels != channels:
            state, channels = bank.start(Layout(site, piece.channels), state), piece.channels
        state, found = bank.step(state, piece)
        events += [event for own in found for event in own]
    return events
