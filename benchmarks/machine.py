"""What the machine computes with."""

import platform
from pathlib import Path


def processor() -> str:
    """The processor's name, or at least its kind."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())
