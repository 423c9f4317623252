"""Delays in event time."""


class Deadlines:
    """Remembers the nearest moment that was asked about and has not come: nothing can change before it."""

    def __init__(self) -> None:
        self.now = 0
        self.nearest: int | None = None

    def start(self, now: int) -> None:
        """Ask anew, as of `now`."""
        self.now, self.nearest = now, None

    def passed(self, moment: int) -> bool:
        """Whether `moment` has come."""
        if moment <= self.now:
            return True
        self.nearest = moment if self.nearest is None else min(self.nearest, moment)
        return False
