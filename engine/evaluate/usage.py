"""What a command's processes take while it runs: how many there are, their memory, and the disk they fill."""

import os
import signal
import stat
from collections.abc import Iterable

PAGE = os.sysconf("SC_PAGE_SIZE")
BLOCK = 512
"""Bytes of a block as `stat` counts them, whatever the file system."""


class Processes:
    """Everything a command started: all others in the namespace, or without one all descendants."""

    def __init__(self, alone: bool) -> None:
        self._alone = alone

    def ids(self) -> list[int]:
        """The process ids, or none where the system has no /proc."""
        if not os.path.isdir("/proc/self"):
            return []
        found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        me = os.getpid()
        if self._alone:
            return [pid for pid in found if pid != me]
        parents = {pid: _parent(pid) for pid in found}
        family = {me}
        while grown := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= grown
        return sorted(family - {me})

    def memory(self, limit: int) -> int:
        """Resident bytes of all; shared pages are counted once when it matters, that is over the limit."""
        pids = self.ids()
        resident = sum(_number(f"/proc/{pid}/statm", 1) * PAGE for pid in pids)
        if resident <= limit:
            return resident
        return self.together(pids)

    def together(self, pids: Iterable[int]) -> int:
        """Resident bytes of these, each shared page counted once."""
        return sum(_proportional(pid) for pid in pids)

    def end(self, first: int) -> None:
        """Send SIGKILL to all."""
        if self._alone:
            _kill(-1)
            return
        if not _kill(-first):
            _kill(first)
        for pid in self.ids():
            _kill(pid)


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:  # the process has ended since it was listed
        return b""


def _number(path: str, field: int) -> int:
    fields = _read(path).split()
    return int(fields[field]) if len(fields) > field else 0


def _parent(pid: int) -> int:
    fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def _proportional(pid: int) -> int:
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return 0


class Disk:
    """The space that is filled below some folders, for sandboxes whose files do not lie on a file system of their own.

    Walking the folders takes long, so it is done only when the free space of the file system says that the limit may
    have been passed since the sandbox was set up.
    """

    def __init__(self, folders: Iterable[str], limit: int) -> None:
        self._folders = tuple(folders)
        self._limit = limit
        self._free = self._least_free()

    def is_over(self, processes: Iterable[int]) -> bool:
        """Whether more than the limit is taken, files that are deleted but still open included."""
        if not self._folders or self._free - self._least_free() <= self._limit:
            return False
        taken = sum(_taken(folder) for folder in self._folders)
        return taken > self._limit or taken + sum(map(_taken_unseen, processes)) > self._limit

    def _least_free(self) -> int:
        found = (os.statvfs(folder) for folder in self._folders)
        return min((status.f_bfree * status.f_frsize for status in found), default=0)


def _taken(folder: str) -> int:
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(place, name)).st_blocks * BLOCK
            except OSError:  # gone since it was listed
                continue
    return total


def _taken_unseen(pid: int) -> int:
    """By files that have no name any more."""
    total = 0
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            status = os.stat(f"/proc/{pid}/fd/{name}")
            total += status.st_blocks * BLOCK if stat.S_ISREG(status.st_mode) and not status.st_nlink else 0
    except OSError:  # the process has ended
        return total
    return total
