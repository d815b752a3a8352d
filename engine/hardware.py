"""What kind of machine this is, in words that do not name it."""

import platform

import psutil


def hardware() -> str:
    """Cores, memory, processor architecture and operating system."""
    logical = psutil.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or logical
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{physical} {'core' if physical == 1 else 'cores'} ({logical} logical), {memory:.1f} GiB of memory, "
        f"{platform.machine()}, {platform.system()}"
    )
