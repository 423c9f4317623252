"""Finds out which profile a device has: by what it says that it is, else by what it answers."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from device_profiles import library
from device_profiles.schema import Profile, RegisterValue
from telemetry.address import Address, AddressError, ModbusAddress, SnmpAddress, check_keys
from telemetry.pollers.modbus_link import ModbusFailure, ModbusLink, ModbusRefusal
from telemetry.pollers.modbus_spans import span_of
from telemetry.pollers.snmp_client import UPTIME, SnmpClient
from telemetry.pollers.snmp_open import open_session
from telemetry.reading import Raw, RawAnswer

_ENTERPRISES = "1.3.6.1.4.1"
_MAKER = re.compile(re.escape(_ENTERPRISES) + r"\.(\d+)\.")
_LAST = 4_294_967_295  # the highest arc there is
_ENOUGH = 20  # objects of a profile that are asked for to see whether the agent has any
_MOST_MAKERS = 24  # whose objects one agent has

How = Literal["sysObjectID", "probe", "given"]

_SYS_DESCR = "1.3.6.1.2.1.1.1.0"
_SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
_OID = re.compile(r"[0-2](\.\d+)+")
_LONGEST_DESCRIPTION = 80  # of what the device says, shown in an error


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a device was recognised as.

    profile: the profile's name; None where none fits or the device did not answer
    how: by what it was recognised; `given` is for those who name a profile themselves
    answered: whether the device said anything at all
    error: why there is no profile, a sentence for people
    """

    profile: str | None = None
    how: How | None = None
    vendor: str | None = None
    model: str | None = None
    answered: bool = False
    error: str | None = None


async def recognise(address: Address, *, timeout: float) -> Recognition:  # noqa: ASYNC109 - of one request, not of this
    """Recognise the device at an address. Asks few things, and writes nothing.

    Args:
        address: where it is
        timeout: seconds for one request, its repeats included
    """
    if isinstance(address, ModbusAddress):
        link = ModbusLink(address, timeout=timeout)
        try:
            return await _by_registers(address, link)
        finally:
            link.close()
    try:
        check_keys(address)
    except AddressError as e:
        return Recognition(error=str(e))
    client = SnmpClient(address, open_session(address), timeout=timeout)
    try:
        return await recognise_agent(address, client)
    finally:
        await client.close()


async def recognise_agent(
    address: SnmpAddress, client: SnmpClient, among: Collection[Profile] | None = None
) -> Recognition:
    """Recognise the device behind an SNMP agent.

    What it says that it is comes first, for as long as it answers as such: agents are seen to name the maker of their
    card, a product of long ago, or nothing. Then the first profile, by rank, of which it has what tells it.

    Args:
        address: where it is
        client: by which it is asked
        among: the profiles to choose from; absent: the library's
    """
    known = library.catalogue() if among is None else among
    by_name = {profile.name: profile for profile in known}
    system = await client.get([_SYS_OBJECT_ID, _SYS_DESCR])
    if system.error and not system.values:
        return Recognition(error=system.error)
    object_id = _object_id(system.values.get(_SYS_OBJECT_ID))
    claimed = [by_name[name] for name in library.match_sys_object_id(object_id, known)] if object_id else []
    for how in ("sysObjectID", "probe"):
        profiles = claimed if how == "sysObjectID" else await _possible(claimed, client, known)
        probed = await client.get([oid for profile in profiles for oid in profile.match.probe])
        if probed.error:
            return Recognition(answered=True, error=probed.error)
        for profile in profiles:
            if await _answers_as(profile, probed.values, client):
                return _as(profile, how)
    # What names this very product is taken at its word; a whole subtree of a maker's is too much to be.
    if named := [profile for profile in claimed if object_id in profile.match.sys_object_id]:
        return _as(named[0], "sysObjectID")
    return Recognition(
        answered=True,
        error=f"{address} answers, but no profile knows it: sysObjectID {object_id or 'none'}, "
        f"sysDescr {_description(system.values.get(_SYS_DESCR))}",
    )


async def _possible(claimed: Collection[Profile], client: SnmpClient, known: Collection[Profile]) -> list[Profile]:
    """The profiles that can be told by what an agent answers, without those of makers of whom it has nothing."""
    makers = await _makers(client)
    return [
        profile
        for profile in library.probe_candidates("snmp", known)
        if profile not in claimed
        and all(
            makers is None or m[1] in makers
            for oid in (*profile.match.probe, *profile.match.tree)
            if (m := _MAKER.match(f"{oid}."))
        )
    ]


async def _makers(client: SnmpClient) -> frozenset[str] | None:
    """The enterprise numbers of which the agent has objects, by one question each; None where it does not say."""
    found: set[str] = set()
    at: str | None = _ENTERPRISES
    while at and len(found) < _MOST_MAKERS:
        at = await client.after(at)
        maker = _MAKER.match(f"{at}.")
        if maker is None or maker[1] in found:  # another subtree, or a row out of order
            break
        found.add(maker[1])
        at = f"{_ENTERPRISES}.{maker[1]}.{_LAST}"
    return frozenset(found) if found or at is not None else None


async def _answers_as(profile: Profile, probed: RawAnswer, client: SnmpClient) -> bool:
    """Whether the agent has what tells a device of this profile; anything that it reads where it names nothing."""
    if not profile.match.probe and not profile.match.tree:
        found = await client.get([oid for oid, is_column in profile.asked() if not is_column][:_ENOUGH])
        return any(_is_real(word) for oid, word in found.values.items() if oid != UPTIME)
    if not all(_is_real(probed.get(oid)) for oid in profile.match.probe):
        return False
    for subtree in profile.match.tree:
        if not (await client.after(subtree) or "").startswith(f"{subtree}."):
            return False
    return True


async def _by_registers(address: ModbusAddress, link: ModbusLink) -> Recognition:
    answered = False
    for profile in library.probe_candidates("modbus"):
        try:
            matches = [await _matches(value, link) for value in profile.match.registers]
        except ModbusFailure as e:
            return Recognition(answered=answered, error=str(e))
        answered = answered or bool(matches)
        if matches and all(matches):
            return _as(profile, "probe")
    return Recognition(
        answered=answered,
        error=f"{address} answers, but no profile knows it by its registers: name it with --profile, or in the site file",
    )


async def _matches(value: RegisterValue, link: ModbusLink) -> bool:
    """Whether a register holds one of these values; a device without it is another device."""
    try:
        words = await link.read(span_of(value.space, ((value.register_, 1),)))
    except ModbusRefusal as e:
        if e.unit_is_silent:
            raise
        return False
    return words[value.register_] in value.equals


def _as(profile: Profile, how: How) -> Recognition:
    return Recognition(profile.name, how, profile.vendor, profile.model, answered=True)


def _object_id(value: Raw | None) -> str | None:
    """A sysObjectID that says something. Agents are seen to send it as text, with a leading dot, empty, and 0.0."""
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="replace").strip(" \0")
    if not isinstance(value, str):
        return None
    value = value.lstrip(".")
    return value if _OID.fullmatch(value) and value != "0.0" else None


def _description(value: Raw | None) -> str:
    if not isinstance(value, bytes) or not value.strip(b" \0\r\n"):
        return "none"
    text = " ".join(value.decode("utf-8", errors="replace").replace("\0", " ").split())
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return repr(shown if len(shown) <= _LONGEST_DESCRIPTION else shown[:_LONGEST_DESCRIPTION] + "…")


def _is_real(value: Raw | None) -> bool:
    """Whether an object holds something: some agents answer what they have not with an empty string."""
    return value is not None and value != b""
