"""What is found of events put into sound supplies, how soon, and at how many false alarms: this program and its peers.

Everyone sees the same streams in the same run, and every onset counts, notified or not. Found: an onset from the
event's first sample to 5 after its last. False alarms: onsets on the same stream without events; a real event that
its recorder caught counts as one, for everyone. `python benchmarks/detection.py [SEED]` prints the tables.

Recordings: home-quiet-2014 (github vbocan/voltcraft-energy-analyzer, MIT); household-2006-2008 (UCI Individual
household electric power consumption, Hebrail and Berard 2012, CC BY 4.0).
"""

import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from injection import CLASSES, LIMIT_CLASSES, PERTURBATIONS, Trial, inject
from mains import RECORDED, Stream, one_second, recorded
from outcome import Onset, Onsets, Outcome, Setting, judge, onsets
from peer_rules import Rule, rules
from telemetry.block import SECOND
from telemetry.site import Limits

Row: TypeAlias = dict[str, Any]

DAYS = 3  # of the one-second series
EACH = 40  # events of a class

US = "ridethrough"
AS_SHIPPED = "as shipped"


def _relative(limit: float) -> Setting:
    """The site's setting for a step or a shift away from the usual voltage, in parts of nominal."""
    return {"rapid_voltage_change": Limits(limit=limit)}


# From the most talkative to the quietest: what a site may set, to trade recall against false alarms.
SETTINGS: Mapping[str, Setting] = {
    AS_SHIPPED: {},
    "changes from 4 %": _relative(0.04),
    "changes from 5 %": _relative(0.05),
    "changes from 6 %": _relative(0.06),
    "no relative changes": _relative(1.0),
    "no relative changes, frozen from 500 polls": {**_relative(1.0), "value_frozen": Limits(limit=500)},
}


@dataclass(frozen=True, slots=True)
class Trade:
    """How one detector, at one setting, does on a stream: onsets a day without events, and what it finds of them."""

    detector: str
    setting: str
    false_alarms: float
    outcome: Outcome

    def row(self, stream: str) -> Row:
        """Of the table of everyone."""
        return {
            "stream": stream,
            "detector": self.detector,
            "setting": self.setting,
            "false alarms a day": round(self.false_alarms, 4),
            **{name: f"{self.outcome.found(name)}/{self.outcome.of(name)}" for name in CLASSES},
            "delay of the first three, median": self.outcome.delay(0.5, *LIMIT_CLASSES),
            "p95": self.outcome.delay(0.95, *LIMIT_CLASSES),
        }


def _rows(found: list[Onset]) -> list[int]:
    return [onset.row for onset in found]


def ours(trial: Trial, sound: Stream, quiet: Onsets, setting: str) -> tuple[Trade, Trade]:
    """This program: every onset, and what is notified. `quiet`: what it says of the stream without events."""
    found = onsets(trial.stream, SETTINGS[setting])
    return (
        Trade(US, setting, len(quiet.every) / sound.days, judge(trial, _rows(found.every))),
        Trade(f"{US}, notified only", setting, len(quiet.notified) / sound.days, judge(trial, _rows(found.notified))),
    )


def peer(rule: Rule, trial: Trial, sound: Stream) -> Trade:
    """A rule of others; it sees the samples that were answered."""
    rows = np.flatnonzero(trial.stream.answered)
    quiet, found = rule.onsets(_answered(sound)), rule.onsets(_answered(trial.stream))
    return Trade(rule.name, rule.source, len(quiet) / sound.days, judge(trial, rows[found].tolist()))


def _answered(stream: Stream) -> NDArray[np.float64]:
    return stream.voltage[stream.answered].astype(np.float64)


def beside(stream: str, rival: Trade, own: list[Trade]) -> Row:
    """This program at the setting that finds most with no more false alarms than a peer has, beside that peer."""
    fair = [trade for trade in own if trade.false_alarms <= rival.false_alarms]
    row: Row = {"stream": stream, "peer": rival.detector, "its false alarms a day": round(rival.false_alarms, 4)}
    if not fair:
        return {**row, "our setting": "none as quiet", "ahead": "no"}
    best = max(fair, key=lambda trade: trade.outcome.found())
    behind = [name for name in CLASSES if best.outcome.found(name) < rival.outcome.found(name)]
    return {
        **row,
        "our setting": best.setting,
        "our false alarms a day": round(best.false_alarms, 4),
        **{name: f"{best.outcome.found(name)} : {rival.outcome.found(name)}" for name in CLASSES},
        "all, ours : its": f"{best.outcome.found()} : {rival.outcome.found()}",
        "ahead": _ahead(best, rival),
        "behind in": ", ".join(behind),
    }


def _ahead(own: Trade, rival: Trade) -> str:
    """Who finds more; of two that find as much, who does so with fewer false alarms."""
    ours, its = ((t.outcome.found(), -t.false_alarms) for t in (own, rival))
    return "yes" if ours > its else "level" if ours == its else "no"


def perturbed(trial: Trial, sound: Stream, seed: int) -> Iterator[Row]:
    """This program as shipped, on both streams as they come over a bad line or from a coarse meter."""
    for name, perturb in PERTURBATIONS.items():
        if name.startswith("gaps") and sound.site.tick != SECOND:
            continue
        calm = replace(sound, block=perturb(sound.block, np.random.default_rng(seed)))
        shaken = replace(trial.stream, block=perturb(trial.stream.block, np.random.default_rng(seed)))
        quiet = onsets(calm)
        trade, _ = ours(Trial(shaken, trial.truth), calm, quiet, AS_SHIPPED)
        row = trade.row(sound.name)
        told = len(quiet.notified) / calm.days
        yield {"stream": row.pop("stream"), "as it comes": name, "notified a day": round(told, 4), **row}


def said(stream: Stream, quiet: Onsets) -> Iterator[Row]:
    """Each onset on a supply without events, for a person to look at: when, what, and how far the voltage had moved."""
    notified = {(onset.row, onset.kind) for onset in quiet.notified}
    for onset in quiet.every:
        usual = np.nanmedian(stream.voltage[max(0, onset.row - 60) : onset.row])
        yield {
            "stream": stream.name,
            "time": f"{datetime.fromtimestamp(int(stream.block.times[onset.row]) / SECOND, UTC):%Y-%m-%d %H:%M:%S}",
            "kind": onset.kind,
            "% from the median of 60 before": round(100 * float(stream.voltage[onset.row] / usual - 1), 2),
            "notified": "yes" if (onset.row, onset.kind) in notified else "",
        }


def _streams(rng: np.random.Generator) -> Iterator[Stream]:
    """The supplies without events; a recording that is absent is said and left out."""
    for name in RECORDED:
        if stream := recorded(name):
            yield stream
        else:
            print(f"{name} is not there: without it (RIDETHROUGH_DATA names where it is)", file=sys.stderr)
    yield one_second(DAYS, rng)


def measure(seed: int | None = None) -> list[Row]:
    """Rows of four tables: everyone, each peer at its own false-alarm rate, perturbed streams, what was said for nothing.

    Args:
        seed: of places and depths of the events and of the one-second series; None: a new one
    """
    seed = secrets.randbits(32) if seed is None else seed
    print(f"seed {seed}", file=sys.stderr, flush=True)
    rng = np.random.default_rng(seed)
    everyone, fair, shaken, nothing = [], [], [], []
    for sound in _streams(rng):
        trial = inject(sound, rng, EACH)
        own = []
        for setting in SETTINGS:
            quiet = onsets(sound, SETTINGS[setting])
            every, notified = ours(trial, sound, quiet, setting)
            own.append(every)
            if setting == AS_SHIPPED:
                everyone += [every.row(sound.name), notified.row(sound.name)]
                nothing += list(said(sound, quiet))
        for rule in rules(_answered(sound), sound.site.tick / SECOND):
            rival = peer(rule, trial, sound)
            everyone.append(rival.row(sound.name))
            fair.append(beside(sound.name, rival, own))
        everyone += [trade.row(sound.name) for trade in own[1:]]
        if sound.name != "household-2006-2008":
            shaken += list(perturbed(trial, sound, seed))
    tables = {
        f"Everyone, every onset counted (seed {seed})": everyone,
        "Each peer beside this program at a setting with no more false alarms": fair,
        "This program as shipped, on streams that come worse": shaken,
        "What this program as shipped said of supplies without events put in": nothing,
    }
    return [{"table": title, **row} for title, rows in tables.items() for row in rows]


def main() -> None:
    """Print the rows."""
    title = ""
    for row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else None):
        if row["table"] != title:
            title = row["table"]
            print(f"\n{title}")
        print(" | ".join(f"{key} {value}" for key, value in row.items() if key != "table"))


if __name__ == "__main__":
    main()
