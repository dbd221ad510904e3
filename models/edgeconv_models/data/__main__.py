"""``python -m edgeconv_models.data FOLDER``: make Moving Shapes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from edgeconv_models.data import moving_shapes
from edgeconv_models.data.motions import MOTIONS


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m edgeconv_models.data", description="Make Moving Shapes.")
    parser.add_argument("folder", type=Path)
    for split, count in (("train", 120), ("val", 25), ("test", 25)):
        parser.add_argument(f"--{split}", type=int, default=count, help="clips of each class (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    clips = {split: getattr(given, split) for split in moving_shapes.SPLITS}
    try:
        checksum = moving_shapes.write(given.folder, clips, given.seed)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{sum(clips.values()) * len(MOTIONS)} clips in {given.folder}, checksum {checksum[:16]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
