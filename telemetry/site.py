"""The site: its devices, loads, settings. Plain data; `site_file.py` reads it from TOML.

Durations are integer microseconds, like all times in the program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from telemetry.block import SECOND

MINUTE = 60 * SECOND


@dataclass(frozen=True, slots=True)
class TransferSettings:
    """Timers and limits of one transfer device: of its own file entry, else of the site, else of the standard.

    Defaults: start and transfer delays as commonly shipped; crank limit of three 15 s cycles (NFPA 110
    5.6.4.2); 10 s to the load (NFPA 110 Type 10); retransfer and cool-down 5 min, common settings;
    drop-out and pick-up as usual for the normal source, in parts of nominal.
    """

    start_delay: int = 3 * SECOND
    crank_limit: int = 75 * SECOND
    accept_within: int = 10 * SECOND
    transfer_delay: int = 3 * SECOND
    retransfer_delay: int = 5 * MINUTE
    cooldown: int = 5 * MINUTE
    neutral_delay: int = 0
    dropout: float = 0.85
    pickup: float = 0.90


@dataclass(frozen=True, slots=True)
class Limits:
    """What a site sets differently for one alarm kind; None leaves the standard's figure."""

    limit: float | None = None
    deadband: float | None = None
    on_delay: int | None = None
    off_delay: int | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the site file.

    nominal_voltage: V line to neutral; nominal_output_voltage: the same for its load side
    fed_by, bypass_fed_by, normal, emergency, measures: names of the devices that feed or are measured
    needs: how many of `emergency` carry the load together
    measures_point: `input` or `output` of the measured device
    """

    name: str
    kind: str
    profile: str | None = None
    address: str | None = None
    interval: int = SECOND
    fed_by: str | None = None
    bypass_fed_by: str | None = None
    normal: str | None = None
    emergency: tuple[str, ...] = ()
    needs: int = 1
    measures: str | None = None
    measures_point: str = "input"
    nominal_voltage: float = 230.0
    nominal_output_voltage: float = 230.0
    nominal_frequency: float = 50.0
    rating_power: float | None = None
    rating_current: float | None = None
    walk_in: int = 30 * SECOND
    transfer: TransferSettings = TransferSettings()
    location: str = ""
    procedure: str = ""
    contact: str = ""
    auth_key_file: str | None = None
    priv_key_file: str | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What the site exists for. One feeder: single-corded; two: dual-corded."""

    name: str
    fed_by: tuple[str, ...]
    shutdown_time: int | None = None


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work, declared in advance: from `start` to `stop`, microseconds UTC."""

    devices: tuple[str, ...]
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Mqtt:
    """Where the NOC listens. Secrets are read where the connection is made, never kept here."""

    url: str
    commands: bool = False
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


@dataclass(frozen=True, slots=True)
class InfluxDb:
    """A time series store that speaks `/api/v2/write`."""

    url: str
    org: str = ""
    bucket: str = "ridethrough"
    token_file: str | None = None
    state_text: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that a site file says."""

    name: str
    devices: tuple[Device, ...]
    loads: tuple[Load, ...] = ()
    tick: int = SECOND
    nominal_voltage: float = 230.0
    nominal_frequency: float = 50.0
    timezone: str = "UTC"
    contacts: tuple[str, ...] = ()
    host_fed_by: str | None = None
    drill_every: int | None = None
    maintenance: tuple[Maintenance, ...] = ()
    limits: Mapping[str, Limits] = field(default_factory=dict)
    mqtt: Mqtt | None = None
    influxdb: InfluxDb | None = None
    recording_path: str | None = None
    state_path: str | None = None

    def limit(self, kind: str, usual: float) -> float:
        """The site's own limit of an alarm kind, in the kind's unit; `usual` where it sets none."""
        own = self.limits.get(kind)
        return usual if own is None or own.limit is None else own.limit

    def deadband(self, kind: str, usual: float) -> float:
        """The same of its dead band."""
        own = self.limits.get(kind)
        return usual if own is None or own.deadband is None else own.deadband

    def device(self, name: str) -> Device:
        """The device of that name.

        Raises:
            KeyError: the site has no such device.
        """
        for device in self.devices:
            if device.name == name:
                return device
        raise KeyError(name)
