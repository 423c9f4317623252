"""Every detector that the engine runs. To add one: a file of its own, and its line here."""

from typing import Any

from detectors.detector import Detector
from detectors.device_alarm import DeviceAlarmDetector
from detectors.frequency import FrequencyDetector
from detectors.silence import SilenceDetector
from detectors.transfer import TransferSupervisor
from detectors.voltage import VoltageDetector

ALL: tuple[Detector[Any], ...] = (
    VoltageDetector(),
    FrequencyDetector(),
    SilenceDetector(),
    DeviceAlarmDetector(),
    TransferSupervisor(),
)
