"""Command line: python3 -m logreport [--width N] FILE..."""

import argparse
import sys

from logreport.parse import parse
from logreport.report import report


def main() -> int:
    options = argparse.ArgumentParser(prog="logreport", description="Report on web server access logs.")
    options.add_argument("files", nargs="+", metavar="FILE")
    options.add_argument("--width", type=int, default=72, help="columns of the report")
    arguments = options.parse_args()
    entries, rejected = [], 0
    for name in arguments.files:
        try:
            with open(name, encoding="utf-8", errors="replace") as lines:
                found, skipped = parse(lines)
        except OSError as error:
            print(f"logreport: {error}", file=sys.stderr)
            return 1
        entries += found
        rejected += skipped
    entries.sort(key=lambda entry: entry.time)
    print(report(entries, rejected, arguments.width), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
