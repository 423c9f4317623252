"""What is installed: six packages with their data, one script, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_the_wheel_holds_the_rooms_with_their_data_and_no_tests(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    files = zipfile.ZipFile(wheel).namelist()
    rooms = {f.split("/")[0] for f in files if ".dist-info/" not in f}
    assert rooms == {"device_profiles", "telemetry", "detectors", "alarms", "simulators", "ridethrough"}
    for needed in (
        "device_profiles/data/apc/ups.toml",
        "device_profiles/data/_ups_mib.toml",
        "simulators/scenarios/lockout-2014.toml",
        "telemetry/py.typed",
    ):
        assert needed in files
    assert any(f.startswith("simulators/scenarios/sites/") for f in files)


@pytest.mark.parametrize("lock", ["requirements.lock", "benchmarks/requirements.lock"])
def test_a_lock_file_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--hash=sha256:" in text


def test_package_inits_are_empty() -> None:
    """A package that imports its parts hides cycles, and makes `--help` slow."""
    for room in ("device_profiles", "telemetry", "detectors", "alarms", "simulators", "ridethrough"):
        for init in (ROOT / room).rglob("__init__.py"):
            assert init.read_text().strip() == ""
