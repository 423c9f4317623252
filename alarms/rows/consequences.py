"""What must follow from what: the kinds that an upstream cause explains at everything that it feeds."""

SUPPLY = "supply"  # the group of what a feed's own voltage and frequency say
SUPPLY_UNSTABLE = "supply_unstable"

# What a disturbed or dead supply brings about at everything that it feeds, up to the next UPS's output.
VOLTAGE = (
    "voltage_sag",
    "voltage_swell",
    "voltage_interruption",
    "phase_loss",
    "undervoltage",
    "overvoltage",
    "rapid_voltage_change",
    "voltage_unbalance",
    "frequency_deviation",
)
DEAD_BELOW = (*VOLTAGE, "ups_on_battery", "comms_lost", "device_alarm")
FAILED_BELOW = (*DEAD_BELOW, SUPPLY_UNSTABLE, "load_loss_predicted")
