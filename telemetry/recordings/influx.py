"""Sends rows and alarm changes to InfluxDB, or to anything else that speaks `/api/v2/write`.

Nobody waits for the store: rows go into a queue that drops its oldest when full, and a thread of its own
sends them, one body a batch, again and again while the store is away.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any

import structlog
import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS, WriteApi
from influxdb_client.rest import ApiException

from telemetry.block import SampleBlock
from telemetry.recordings.line_protocol import LineProtocol
from telemetry.site import InfluxDb, Site

log = structlog.get_logger()

TOKEN = "RIDETHROUGH_INFLUXDB_TOKEN"  # noqa: S105 - the name of the variable, no secret

_QUEUED = 5_000_000  # samples: some 25 MB, an hour of 1,400 samples a second
_BATCH = 400_000  # samples in one body
_MICROSECONDS: Any = "us"  # the client's class of precisions holds texts, and its signature asks for the class
_TIMEOUT = 5.0  # s, of one request
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # s between tries
# The store says that it will never take this body: sending it again would hold up everything behind it.
_HOPELESS = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)

Item = SampleBlock | dict[str, object]


class InfluxWriter:
    """A site's way to its store. No call blocks, none fails.

    dropped: rows and alarm changes that never reached the store
    written: rows and alarm changes that did
    error: why the store is not reached, in a sentence; None while it is, or was not tried yet
    """

    def __init__(self, site: Site, *, queued: int = _QUEUED, pauses: tuple[float, ...] = _PAUSES) -> None:
        """Begin to send.

        Args:
            site: with its [influxdb]
            queued: samples that wait at most; an alarm change counts as one
            pauses: seconds between tries while the store is away; the last one is repeated

        Raises:
            ValueError: the site has no [influxdb].
            OSError: the token's file cannot be read.
        """
        if site.influxdb is None:
            raise ValueError(f"the site {site.name!r} has no [influxdb]")
        self._config = site.influxdb
        self._token = _token(site.influxdb)
        self._lines = LineProtocol(site, state_text=site.influxdb.state_text)
        self._most = queued
        self._pauses = pauses
        self._queue: deque[Item] = deque()
        self._samples = 0
        self._changed = threading.Condition()
        self._closing: float | None = None  # by when to be done, on the monotonic clock
        self.dropped = 0
        self.written = 0
        self.error: str | None = None
        self._thread = threading.Thread(target=self._run, name="influxdb", daemon=True)
        self._thread.start()

    def write(self, block: SampleBlock) -> None:
        """Queue rows. The block must not be changed afterwards."""
        if len(block):
            self._put(block)

    def write_alarm(self, change: Mapping[str, object]) -> None:
        """Queue an alarm change, as `AlarmChange.to_json` gives it."""
        self._put(dict(change))

    def close(self, timeout: float = 3.0) -> None:
        """Send what is queued, for `timeout` seconds and one request more. Harmless when called twice."""
        with self._changed:
            self._closing = self._closing or time.monotonic() + timeout
            self._changed.notify()
        self._thread.join(timeout + _TIMEOUT)
        with self._changed:
            self._drop(list(self._queue))
            self._queue.clear()

    def _put(self, item: Item) -> None:
        with self._changed:
            if self._closing is not None:
                self._drop([item])
                return
            self._queue.append(item)
            self._samples += _samples(item)
            while self._samples > self._most and len(self._queue) > 1:
                oldest = self._queue.popleft()
                self._samples -= _samples(oldest)
                self._drop([oldest])
            self._changed.notify()

    def _drop(self, items: list[Item]) -> None:
        self.dropped += sum(map(_rows, items))

    def _run(self) -> None:
        with InfluxDBClient(
            url=self._config.url, token=self._token or "", org=self._config.org, timeout=int(_TIMEOUT * 1000)
        ) as client:
            api = client.write_api(write_options=SYNCHRONOUS)
            while batch := self._take():
                try:
                    body = "\n".join(line for item in batch for line in self._lines_of(item)).encode()
                    sent = not body or self._send(api, body)
                except Exception as e:
                    log.exception("rows for the store are lost: please report this", error=repr(e))
                    sent = False
                with self._changed:
                    if sent:
                        self.written += sum(map(_rows, batch))
                    else:
                        self._drop(batch)

    def _lines_of(self, item: Item) -> list[str]:
        return self._lines.rows(item) if isinstance(item, SampleBlock) else [self._lines.alarm(item)]

    def _send(self, api: WriteApi, body: bytes) -> bool:
        """Send a body until the store has it; False where it refuses it, or there is no more time."""
        for tries in count():
            try:
                api.write(self._config.bucket, self._config.org, body, write_precision=_MICROSECONDS)
            except ApiException as e:
                self._fails(_said(e))
                if e.status in _HOPELESS:
                    return False
            except (urllib3.exceptions.HTTPError, OSError) as e:
                self._fails(_reason(e))
            else:
                if self.error:
                    log.info("the store takes rows again", url=self._config.url, dropped=self.dropped)
                self.error = None
                return True
            if not self._pause(self._pauses[min(tries, len(self._pauses) - 1)]):
                return False
        return False

    def _fails(self, why: str) -> None:
        if self.error is None:
            log.warning("the store does not take rows; they wait", url=self._config.url, error=why)
        self.error = f"{self._config.url}: {why}"

    def _pause(self, seconds: float) -> bool:
        """Wait before the next try; False where there is to be none."""
        with self._changed:
            if self._closing is None:
                self._changed.wait_for(lambda: self._closing is not None, seconds)
                return True  # once more at once, if it is to close
            return time.monotonic() + seconds < self._closing and not self._changed.wait(seconds)

    def _take(self) -> list[Item]:
        """What is queued, as much as one body holds; waits for something; nothing once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing is not None)
            batch: list[Item] = []
            samples = 0
            while self._queue and (not batch or samples + _samples(self._queue[0]) <= _BATCH):
                batch.append(self._queue.popleft())
                samples += _samples(batch[-1])
            self._samples -= samples
            return batch


def _samples(item: Item) -> int:
    return item.values.size if isinstance(item, SampleBlock) else 1


def _rows(item: Item) -> int:
    return len(item) if isinstance(item, SampleBlock) else 1


def _reason(error: Exception) -> str:
    """What the system said, without what the libraries have wrapped around it."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    return getattr(cause, "strerror", None) or str(error)


def _said(error: ApiException) -> str:
    """What the store answered, short."""
    body = error.body.decode(errors="replace") if isinstance(error.body, bytes) else str(error.body or "")
    return f"answered {error.status} {error.reason}: {body.strip()[:200]}".rstrip(": ")


def _token(config: InfluxDb) -> str | None:
    if secret := os.environ.get(TOKEN):
        return secret
    if config.token_file:
        return Path(config.token_file).read_text(encoding="utf-8").strip()
    return None
