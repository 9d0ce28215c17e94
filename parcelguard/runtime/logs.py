"""The program's own log: one JSON object a line, without secrets, buyers' names or query strings."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

FILE = "parcelguard.log"
_FILES = 10
_BYTES = 10_000_000
_HIDDEN = "[hidden]"
_SECRETS = re.compile(
    r"""
    (?P<key>(?:access[_-]token|refresh_token|partner_key|sign|code|password|secret)
        ["']?\s*[=:,]\s*(?:b?["'])?)[^\s"'&,})]+
    | (?P<address>https?://[^\s?#"']+)\?[^\s"']*     # no query strings
    | (?P<user>\w+://)[^\s/@"']+@                    # user:password@ in a camera's address
    | \bshpk[0-9a-f]{8,}                             # Shopee partner keys
    | \b[0-9a-f]{40,}\b                              # tokens and signatures
    """,
    re.VERBOSE | re.IGNORECASE,
)


def hide_secrets(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced."""

    def hide(match: re.Match[str]) -> str:
        if match["key"]:
            return match["key"] + _HIDDEN
        if match["address"]:
            return f"{match['address']}?{_HIDDEN}"
        return f"{match['user']}{_HIDDEN}@" if match["user"] else _HIDDEN

    return _SECRETS.sub(hide, text)


class JsonLine(logging.Formatter):
    """One line a record, whatever the message holds; line breaks cannot forge a second record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "thread": record.threadName,
            "message": hide_secrets(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = hide_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=True)


def start_logging(folder: Path) -> None:
    """Write the log into `folder`; also catch what would otherwise end unseen in a thread."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = RotatingFileHandler(folder / FILE, maxBytes=_BYTES, backupCount=_FILES - 1, encoding="utf-8")
    file.setFormatter(JsonLine())
    root = logging.getLogger()
    root.addHandler(file)
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "alembic", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread


def stop_logging() -> None:
    """Close the log file."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, RotatingFileHandler)]:
        root.removeHandler(handler)
        handler.close()
    sys.excepthook = sys.__excepthook__
    threading.excepthook = threading.__excepthook__


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("parcelguard").critical("uncaught", exc_info=(kind, error, trace))
    sys.stderr.write(f"ParcelGuard met an unexpected problem ({kind.__name__}); the log has the detail.\n")


def _log_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        info = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
        logging.getLogger("parcelguard").critical("thread ended by an error", exc_info=info)
