"""The life of an alarm (ISA-18.2), as a table."""

from enum import StrEnum


class State(StrEnum):
    """Where an alarm is in its life."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    RETURNED = "returned"  # the condition is gone, nobody has acknowledged it
    SUPPRESSED = "suppressed"  # by design: it follows from another alarm


class Trigger(StrEnum):
    """What moves it."""

    ONSET = "onset"
    CLEAR = "clear"
    SUPPRESS = "suppress"  # a cause explains it
    RELEASE = "release"  # no cause explains it any more


TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.NORMAL, Trigger.ONSET): State.UNACKNOWLEDGED,
    (State.NORMAL, Trigger.SUPPRESS): State.SUPPRESSED,
    (State.UNACKNOWLEDGED, Trigger.CLEAR): State.RETURNED,
    (State.UNACKNOWLEDGED, Trigger.SUPPRESS): State.SUPPRESSED,  # one that was recorded only, never sent
    (State.RETURNED, Trigger.ONSET): State.UNACKNOWLEDGED,
    (State.RETURNED, Trigger.SUPPRESS): State.SUPPRESSED,
    (State.SUPPRESSED, Trigger.RELEASE): State.UNACKNOWLEDGED,
    (State.SUPPRESSED, Trigger.CLEAR): State.NORMAL,  # nobody was told, so there is nothing to acknowledge
}
