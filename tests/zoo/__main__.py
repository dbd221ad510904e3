"""Every network through the whole road, and docs/networks.md: `make zoo`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from zoo.catalog import NETWORKS
from zoo.running import HERE, examine
from zoo.status import status_line

ROOT = HERE.parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m zoo", description=__doc__)
    parser.add_argument("names", nargs="*", help="networks; all when none is named")
    parser.add_argument("--cache", type=Path, default=ROOT / "out" / "zoo", help="folder for models and findings")
    parser.add_argument("--no-int8", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    unknown = set(options.names) - {n.name for n in NETWORKS}
    if unknown:
        parser.error(f"no network {', '.join(sorted(unknown))}; there are {', '.join(n.name for n in NETWORKS)}")
    for wanted in NETWORKS:
        if options.names and wanted.name not in options.names:
            continue
        print(status_line(examine(wanted, options.cache.absolute(), options.threads, not options.no_int8)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
