"""Opens whatever can be replayed."""

from pathlib import Path

from telemetry.recordings.recording import Recording, RecordingError
from telemetry.site import Site

ACCEPTED = (
    "a recording's folder (with meta.json and site.toml), a .csv file, a .csv.gz file, or an oscillogram's .cfg "
    "(with its .dat beside it) or .cff"
)


def open_recording(path: str | Path, site: Site | None = None) -> Recording:
    """The recording at `path`, of whatever form.

    Args:
        path: a recording's folder, a CSV file or an oscillogram (`docs/recordings.md`)
        site: the site to see it with; None: its own, or an assumed one where it has none

    Raises:
        RecordingError: there is none, it is of no form that is accepted, or it cannot be read.
        SiteError, SiteUnreadableError: the folder's own site.toml is faulty.
    """
    path = Path(path)
    # pyarrow and others take long to load; whoever only asks for help does not need it.
    if path.is_dir():
        from telemetry.recordings.parquet import read_recording  # noqa: PLC0415

        return read_recording(path, site)
    if not path.exists():
        raise RecordingError(f"{path}: there is nothing of that name; expected {ACCEPTED}")
    if path.name.endswith((".csv", ".csv.gz")):
        from telemetry.recordings.csv import read_csv  # noqa: PLC0415

        return read_csv(path, site)
    if path.suffix.lower() in (".cfg", ".cff"):
        from telemetry.recordings.comtrade import read_comtrade  # noqa: PLC0415

        return read_comtrade(path, site)
    raise RecordingError(f"{path}: is of no form that can be replayed; expected {ACCEPTED}")
