"""The console script `edgeconv`: runs the commands, and turns every failure into a message and an exit code."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def main() -> int:
    """Run the command line; returns the exit code (0 good, 1 a gate failed, 2 usage, 3 model, 4 tool, 130 stopped)."""
    from edgeconv.cli.app import app
    from edgeconv.cli.failure import Interrupted, tell

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for name in stopping:  # a second Ctrl-C must not cut the clean-up short
            signal.signal(name, signal.SIG_IGN)
        raise Interrupted

    stopping = [s for n in ("SIGINT", "SIGTERM", "SIGHUP") if (s := getattr(signal, n, None)) is not None]
    for name in stopping:
        signal.signal(name, stop)
    try:
        return int(app(prog_name="edgeconv", standalone_mode=False) or 0)
    except (Exception, Interrupted) as error:  # noqa: BLE001 - the last line of defence; tell() says what is a bug
        return tell(error, as_json="--json" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
