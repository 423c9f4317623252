"""What tests of all rooms share."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite expected files, for a person to read the diff")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The recordings of others, test data that the repository does not hold."""
    path = Path(os.environ.get("RIDETHROUGH_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"recordings of others are not at {path} (RIDETHROUGH_DATA names another place)")
    return path


@pytest.fixture(scope="session")
def require() -> Callable[[str], str]:
    """The path of a server's program; skips by name where it is missing, fails in CI."""

    def find(program: str) -> str:
        for folder in (
            *os.environ.get("PATH", "").split(":"),
            str(ROOT / ".venv" / "bin"),
            "/usr/sbin",
            "/usr/local/sbin",
        ):
            if folder and (found := shutil.which(program, path=folder)):
                return found
        message = f"{program} is not installed on this machine"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)

    return find


@pytest.fixture
def free_port() -> Callable[..., int]:
    """A port of loopback that nothing listens on now, for TCP or UDP."""

    def find(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
        with socket.socket(socket.AF_INET, kind) as s:
            s.bind(("127.0.0.1", 0))
            return int(s.getsockname()[1])

    return find
