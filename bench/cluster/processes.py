"""What /proc says of a process and of those it has started. Bytes, seconds."""

import os
import pathlib

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def _stat(pid):
    """The fields after the name, None of a process that is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def descendants(pid):
    """Every process that descends from it, without itself."""
    children = {}
    for each in os.listdir("/proc"):
        if each.isdigit() and (stat := _stat(each)):
            children.setdefault(int(stat[1]), []).append(int(each))
    found, left = [], [pid]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return found


def resident(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def proportional(pid):
    """Its own share of memory: pages of several processes count for each in part."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def processor_seconds(pid):
    """User and system time of all its threads, those that have ended included."""
    stat = _stat(pid)
    return (int(stat[11]) + int(stat[12])) / TICK if stat else 0.0


def threads(pid):
    stat = _stat(pid)
    return int(stat[17]) if stat else 0


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
