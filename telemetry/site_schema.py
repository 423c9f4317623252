"""The shape of a site file: which tables and keys there are, and what each may hold by itself.

What keys say about one another (names that must exist, cycles, keys of one kind only) is in
`site_checks.py`, which works on the raw table so that one wrong value hides no other fault.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from device_profiles.schema import DeviceKind
from telemetry.site_duration import parse_duration

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]*$"


def _positive(duration: int) -> int:
    if duration <= 0:
        raise ValueError('found no time at all, expected more, such as "1s"')
    return duration


def _one_or_more(value: Any) -> Any:
    """A list from TOML, or one name standing for itself, as the tuple that strict validation takes."""
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'found {name!r}, expected a zone of the tz database, such as "America/New_York"') from None
    return name


def _has_offset(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"found {moment.isoformat()}, expected its offset from UTC too, such as {moment.isoformat()}Z")
    return moment


Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_more), Field(min_length=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]
Duration = Annotated[int, BeforeValidator(parse_duration)]
Period = Annotated[int, BeforeValidator(parse_duration), AfterValidator(_positive)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
PartOfNominal = Annotated[float, Field(gt=0, lt=1.5, allow_inf_nan=False)]
Moment = Annotated[datetime, AfterValidator(_has_offset)]


class Table(BaseModel):
    """A table of the site file: keys that it does not have are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SiteTable(Table):
    """[site]: see `telemetry.site.Site`."""

    name: Name
    tick: Period | None = None
    nominal_voltage: Positive | None = None
    nominal_frequency: Positive | None = None
    timezone: Annotated[str, AfterValidator(_known_timezone)] | None = None
    drill_every: Period | None = None
    contacts: Texts = ()
    host_fed_by: str | None = None


class TransferTable(Table):
    """[transfer] and [device.transfer]: see `telemetry.site.TransferSettings`; None leaves what holds without it."""

    start_delay: Duration | None = None
    crank_limit: Period | None = None
    accept_within: Period | None = None
    transfer_delay: Duration | None = None
    retransfer_delay: Duration | None = None
    cooldown: Duration | None = None
    neutral_delay: Duration | None = None
    dropout: PartOfNominal | None = None
    pickup: PartOfNominal | None = None


class DeviceTable(Table):
    """[[device]]: see `telemetry.site.Device`."""

    name: Name
    kind: DeviceKind
    profile: str | None = None
    address: str | None = None
    interval: Period | None = None
    fed_by: str | None = None
    bypass_fed_by: str | None = None
    normal: str | None = None
    emergency: Names | None = None
    needs: Annotated[int, Field(ge=1)] = 1
    measures: str | None = None
    measures_point: Literal["input", "output"] = "input"
    nominal_voltage: Positive | None = None
    nominal_output_voltage: Positive | None = None
    nominal_frequency: Positive | None = None
    rating_power: Positive | None = None
    rating_current: Positive | None = None
    walk_in: Duration | None = None
    transfer: TransferTable = TransferTable()
    location: str = ""
    procedure: str = ""
    contact: str = ""
    auth_key_file: str | None = None
    priv_key_file: str | None = None


class LoadTable(Table):
    """[[load]]: see `telemetry.site.Load`."""

    name: Name
    fed_by: Names
    shutdown_time: Duration | None = None


class MaintenanceTable(Table):
    """[[maintenance]]: see `telemetry.site.Maintenance`."""

    devices: Names
    from_: Annotated[Moment, Field(alias="from")]
    to: Moment


class LimitsTable(Table):
    """[limits.KIND]: see `telemetry.site.Limits`."""

    limit: Finite | None = None
    deadband: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    on_delay: Duration | None = None
    off_delay: Duration | None = None


class MqttTable(Table):
    """[mqtt]: see `telemetry.site.Mqtt`."""

    url: str
    commands: bool = False
    username: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None


class InfluxDbTable(Table):
    """[influxdb]: see `telemetry.site.InfluxDb`."""

    url: str
    org: str = ""
    bucket: str = "ridethrough"
    token_file: str | None = None
    state_text: bool = True


class FolderTable(Table):
    """[recording] and [state]: the folder to write to."""

    path: Annotated[str, Field(min_length=1)]


class SiteFile(Table):
    """The whole file."""

    site: SiteTable
    device: Annotated[tuple[DeviceTable, ...], BeforeValidator(_one_or_more), Field(min_length=1)]
    load: Annotated[tuple[LoadTable, ...], BeforeValidator(_one_or_more)] = ()
    maintenance: Annotated[tuple[MaintenanceTable, ...], BeforeValidator(_one_or_more)] = ()
    transfer: TransferTable = TransferTable()
    limits: dict[str, LimitsTable] = {}
    mqtt: MqttTable | None = None
    influxdb: InfluxDbTable | None = None
    recording: FolderTable | None = None
    state: FolderTable | None = None


# Which keys a table may hold, by its path without numbers: for suggestions.
KEYS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    (): tuple(SiteFile.model_fields),
    ("site",): tuple(SiteTable.model_fields),
    ("device",): tuple(DeviceTable.model_fields),
    ("device", "transfer"): tuple(TransferTable.model_fields),
    ("transfer",): tuple(TransferTable.model_fields),
    ("load",): tuple(LoadTable.model_fields),
    ("maintenance",): ("devices", "from", "to"),
    ("limits",): tuple(LimitsTable.model_fields),
    ("mqtt",): tuple(MqttTable.model_fields),
    ("influxdb",): tuple(InfluxDbTable.model_fields),
    ("recording",): tuple(FolderTable.model_fields),
    ("state",): tuple(FolderTable.model_fields),
}
