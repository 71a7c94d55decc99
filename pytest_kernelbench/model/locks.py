"""The lock around process-wide state that judging changes."""

from __future__ import annotations

import threading

PROCESS_LOCK = threading.RLock()
"""Held by a thread while it changes warning filters, torch's random state or `sys.modules`."""
