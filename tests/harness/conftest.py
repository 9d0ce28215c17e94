"""What the harnesses share as fixtures."""

from __future__ import annotations

import pytest


@pytest.fixture
def channel() -> str:
    """Which marketplace a bench's shop is at, in tests that do not say."""
    return "shopee"
