"""Walks over the one-line that a transfer asks for: which source is behind which side, what hangs on which switch."""

from itertools import chain

from detectors.layout import Layout
from telemetry.site import Device

PASSES_ON = ("switchgear", "meter")  # devices through which a source is the same source
CARRIES = ("pdu", "switchgear", "meter")  # devices through which a UPS hangs on its switch


def of_kind(layout: Layout, kind: str) -> tuple[Device, ...]:
    """The site's devices of that kind."""
    return tuple(d for d in layout.site.devices if d.kind == kind)


def watched_source(d: Device) -> tuple[tuple[str, ...], str | None]:
    """The points at which a device would see a source directly, and which source that is."""
    if d.kind == "utility":
        return ("input", "output"), d.name
    if d.kind == "transfer_switch":
        return ("input.1",), d.normal
    if d.kind == "meter" and d.measures:
        return ("input", "output"), d.measures
    return ("input",), d.fed_by


def same_source(layout: Layout, name: str | None) -> tuple[str, ...]:
    """`name` and all upstream of it as far as the source stays the same one."""
    if name is None:
        return ()
    if layout.oneline.kind(name) not in PASSES_ON:
        return (name,)
    return (name, *chain.from_iterable(same_source(layout, f) for f in layout.oneline.feeders(name)))


def switches_on(layout: Layout, utility: str) -> tuple[Device, ...]:
    """The switches whose normal source it is, directly or through switchgear."""
    return tuple(d for d in of_kind(layout, "transfer_switch") if utility in same_source(layout, d.normal))


def sources_behind(layout: Layout, switch: Device) -> tuple[str, ...]:
    """The sources of a switch's emergency side, through switchgear and meters."""
    reached = chain.from_iterable(same_source(layout, e) for e in switch.emergency)
    return tuple(dict.fromkeys(n for n in reached if layout.oneline.kind(n) not in PASSES_ON))


def emergency_sources(layout: Layout) -> tuple[str, ...]:
    """What stands behind any switch's emergency side."""
    switches = of_kind(layout, "transfer_switch")
    return tuple(dict.fromkeys(chain.from_iterable(sources_behind(layout, s) for s in switches)))


def below(layout: Layout, switch: Device) -> list[str]:
    """What a switch feeds directly or through devices that only pass it on."""
    found: list[str] = []
    edge = [switch.name]
    while edge:
        fed = [n for at in edge for n in layout.oneline.fed(at) if _fed_by(layout, n, at)]
        found += [n for n in fed if n not in found]
        edge = [n for n in fed if layout.oneline.kind(n) in CARRIES]
    return found


def _fed_by(layout: Layout, name: str, feeder: str) -> bool:
    return layout.oneline.kind(name) != "load" and layout.site.device(name).fed_by == feeder


def hangs_on(layout: Layout, name: str | None) -> str | None:
    """The switch or source that feeds it, past distribution."""
    while name is not None and layout.oneline.kind(name) in CARRIES:
        name = layout.site.device(name).fed_by
    return name
