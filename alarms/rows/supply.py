"""The kinds of a supply as a whole: lost, off its frequency, unstable."""

from alarms.kind import AlarmKind, Blame, Limit, Severity
from alarms.rows.consequences import DEAD_BELOW, SUPPLY, SUPPLY_UNSTABLE, VOLTAGE
from alarms.titles import supply as titles
from telemetry.block import SECOND

SUPPLY_KINDS = (
    AlarmKind(
        name="utility_lost",
        group=SUPPLY,
        severity=Severity.MINOR,
        by_ride_through=True,
        title=titles.utility_lost,
        meaning="A utility supply is below the drop-out voltage. Every switch that it feeds now has to transfer.",
        limits=(
            Limit("below `dropout` of nominal (0.85)", "usual acceptance of a normal source; the switch's own setting"),
            Limit("two observers in one tick, or the only one twice in a row", "one polled sample may be a glitch"),
            Limit("over when at 0.95 of nominal or more for `retransfer_delay`", "common setting of the switch's TDEN"),
            Limit(
                "or at `pickup` (0.90) or more for three times as long",
                "low, but switches take it (EN 50160: ±10 %); judgement",
            ),
        ),
        advice=(
            "Watch each transfer switch and generator on the one-line: they have to act now.",
            "Ask the utility for its expected time of return.",
        ),
        blame=Blame.LOST,
        silences=DEAD_BELOW,
    ),
    AlarmKind(
        name="frequency_deviation",
        group=SUPPLY,
        severity=Severity.MINOR,
        title=titles.frequency_deviation,
        meaning="The frequency is off: the grid is short of power, or a generator cannot hold its speed.",
        limits=(
            Limit("0.5 Hz or more from nominal", "EN 50160: 1 % of 50 Hz"),
            Limit("two samples in a row, 10 s where they are a second apart", "EN 50160: means over 10 s"),
            Limit(
                "more than 1 Hz: two samples in a row, where no generator can be the source",
                "Europe's grids shed load from 49.0 Hz on",
            ),
            Limit("a generator: 5 % or more for 6 s", "ISO 8528-5 class G2: 5 s to recover; switches give up 5 % slow"),
            Limit("or above 12 % two samples in a row", "ISO 8528-5 class G2: the most that it may rise"),
            Limit(
                "recorded: 0.2 Hz for as long as that; a generator 1.5 % for 6 s",
                "the widest steady deviation of Europe's grids; ISO 8528-5 class G2: steady band",
            ),
            Limit(
                "recorded: 1 Hz/s over three samples, or 0.125 Hz/s over 4 s or more, where no generator can be the source",
                "loss-of-mains settings of Great Britain, today's and the former",
            ),
            Limit(
                "one hertz, exactly, that came and went within the hour", "the last digit of a device: not told again"
            ),
            Limit("not judged below half the nominal voltage", "a dead feed has no frequency"),
            Limit("a generator: not before it was in its band", "while it starts, `generator_out_of_spec` judges it"),
        ),
        advice=(
            "Compare with another feed: the same there means the grid.",
            "Ask the utility.",
        ),
        blame=Blame.DISTURBED,
        off_delay=30 * SECOND,
        silences=("frequency_deviation", "ups_on_battery", "device_alarm"),
    ),
    AlarmKind(
        name=SUPPLY_UNSTABLE,
        group=SUPPLY,
        severity=Severity.MINOR,
        title=titles.supply_unstable,
        meaning="The supply keeps coming and going, or its voltage swings or scatters far more than it does when it is "
        "quiet. Each spell drains the batteries further than it recharges them; swinging often comes before a collapse.",
        limits=(
            Limit(
                "three disturbances of one feed within 10 min, rapid voltage changes among them",
                "judgement; chattering after ISA-18.2 is three in one minute",
            ),
            Limit(
                "or the voltage swings to and fro, or scatters, against the quiet time of the same feed",
                "judgement: a weak or islanded grid swings before any limit is crossed",
            ),
            Limit("swings: three in a row of 4 % from one sample to the next, each against the one before", "the same"),
            Limit("scatters: three windows of 16 polls that span 3.5 % and four times what they used to", "the same"),
            Limit("over after 10 min without any of these", "the same"),
            Limit("a single disturbance of more than 60 s is told on its own", "IEEE 1159: sustained above 1 min"),
        ),
        advice=(
            "Do not trust this supply until it has been steady.",
            "Look at the battery charge of each UPS below: short spells add up.",
            "Ask the utility what it is doing.",
        ),
        blame=Blame.UNSTABLE,
        silences=("utility_lost", SUPPLY_UNSTABLE, *VOLTAGE, "ups_on_battery", "device_alarm"),
    ),
)
