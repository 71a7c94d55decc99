"""What one thread at a time may do, where kernels are judged in many."""

from __future__ import annotations

import threading

ALONE = threading.RLock()
"""Held while something changes what all threads share: filters of warnings, torch's random state, `sys.modules`."""
