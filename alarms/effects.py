"""What the engine tells the world."""

from typing import TypeAlias

from alarms.alarm import AlarmChange

Effect: TypeAlias = AlarmChange
