"""What a harness does when this computer lacks something it needs."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skip with the reason; where CI is set, fail: a harness that cannot run proves nothing."""
    if os.environ.get("CI"):
        pytest.fail(f"this harness cannot run: {reason}", pytrace=False)
    pytest.skip(reason)
