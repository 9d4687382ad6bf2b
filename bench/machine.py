"""What the machine says: its own facts, and what a process has used (from /proc, Linux only)."""

import os
import platform
import subprocess
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Give the seconds of processor time a process has used, user and system, all threads."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / _TICKS_PER_S


def rss_mb(pid: int) -> float:
    """Give the resident memory of a process in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"/proc/{pid}/status says nothing about VmRSS")


def facts() -> dict[str, str | int]:
    """Describe machine and servers, so that numbers can be compared with care."""
    return {
        "processor": _processor(),
        "n_cores": os.cpu_count() or 0,
        "load_before": f"{os.getloadavg()[0]:.2f}",
        "kernel": platform.release(),
        "python": platform.python_version(),
        "mosquitto": _first_line("/usr/sbin/mosquitto", "-h"),
        "influxd": _first_line("/usr/bin/influxd", "version"),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_line(*command: str) -> str:
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError as error:
        return f"not found: {error.strerror}"
    return (said.stdout or said.stderr).partition("\n")[0]
