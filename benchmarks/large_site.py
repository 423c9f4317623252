"""A site of 200 devices, for what has to be fast: two utilities, six generators, twelve switches, forty UPSs, 140 PDUs."""

from telemetry.site import Site
from telemetry.site_file import parse_site

SWITCHES, UPSES, PDUS, LOADS = 12, 40, 140, 70


def large_site(tick: str) -> tuple[Site, str]:
    """The site, polled at every tick, and its file.

    Args:
        tick: as a site file has it, such as "10s"
    """
    text = [f'[site]\nname = "dc-large"\ntick = "{tick}"\nnominal_voltage = 277\nnominal_frequency = 60\n']
    text.append('[transfer]\nstart_delay = "3s"\ntransfer_delay = "3s"\nretransfer_delay = "5m"\n')
    text += [_device(f"utility-{i}", "utility", "schneider/pm5000") for i in (1, 2)]
    sides = [("utility-1", ["gen-1", "gen-2", "gen-3"]), ("utility-2", ["gen-4", "gen-5", "gen-6"])]
    for _, sets in sides:
        text += [_device(g, "generator", "dse/gencomm", "rating_power = 5_000_000") for g in sets]
    for i in range(SWITCHES):
        utility, sets = sides[i % 2]
        wiring = f'normal = "{utility}"\nemergency = {sets!r}\nneeds = 2'.replace("'", '"')
        text.append(_device(f"ats-{i + 1}", "transfer_switch", "apc/transfer-switch", wiring))
    for i in range(UPSES):
        feed = f"ats-{i % SWITCHES + 1}"
        wiring = f'fed_by = "{feed}"\nbypass_fed_by = "{feed}"\nrating_power = 320_000'
        text.append(_device(f"ups-{i + 1}", "ups", ("apc/ups", "rfc1628/ups")[i % 2], wiring))
    for i in range(PDUS):
        wiring = f'fed_by = "ups-{i % UPSES + 1}"\nnominal_voltage = 120\nrating_current = 400'
        text.append(_device(f"pdu-{i + 1}", "pdu", "apc/rack-pdu", wiring))
    for i in range(LOADS):
        text.append(f'[[load]]\nname = "row-{i + 1}"\nfed_by = ["pdu-{2 * i + 1}", "pdu-{2 * i + 2}"]\n')
    file = "\n".join(text)
    return parse_site(file, "large.toml"), file


def _device(name: str, kind: str, profile: str, more: str = "") -> str:
    return f'[[device]]\nname = "{name}"\nkind = "{kind}"\nprofile = "{profile}"\n{more}\n'
