"""Every network through the whole road, and docs/networks.md: `make zoo`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from zoo.catalog import NETWORKS
from zoo.criteria import failures
from zoo.page import page
from zoo.running import HERE, examine
from zoo.status import status_line

ROOT = HERE.parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m zoo", description=__doc__)
    parser.add_argument("names", nargs="*", help="networks; all when none is named")
    parser.add_argument("--cache", type=Path, default=ROOT / "out" / "zoo", help="folder for models and findings")
    parser.add_argument("--page", type=Path, help="write what was found here; only with all networks")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    unknown = set(options.names) - {n.name for n in NETWORKS}
    if unknown:
        parser.error(f"no network {', '.join(sorted(unknown))}; there are {', '.join(n.name for n in NETWORKS)}")
    if options.page and options.names:
        parser.error("--page shows all networks: name none")
    broken, findings = 0, []
    for wanted in NETWORKS:
        if options.names and wanted.name not in options.names:
            continue
        findings.append(examine(wanted, options.cache.absolute(), options.threads))
        print(status_line(findings[-1]), flush=True)
        for failure in failures(wanted, findings[-1]):
            print(f"    FAILS: {failure}", flush=True)
            broken = 1
    if options.page:
        options.page.write_text(page(findings), encoding="utf-8")
    return broken


if __name__ == "__main__":
    sys.exit(main())
