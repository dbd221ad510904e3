"""Programs that stand in for compilers: Python scripts that print, write, fail or hang as told."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

from vela_nets import Net, written

from edgeconv.core.summary import ModelSummary
from edgeconv.inspection import inspect_file

EDGETPU_LOG = """\
Edge TPU Compiler version 16.0.384591198
Started a compilation timeout timer of 180 seconds.

Model compiled successfully in 2876 ms.

Input model: m.tflite
Input size: 7.31MiB
Output model: m_edgetpu.tflite
Output size: 8.20MiB
On-chip memory used for caching model parameters: 6.50MiB
On-chip memory remaining for caching model parameters: 7.75KiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 3
Operation log: m_edgetpu.log

Model successfully compiled but not all operations are supported by the Edge TPU. A percentage of the model will instead
run on the CPU, which is slower.
Number of operations that will run on Edge TPU: 1
Number of operations that will run on CPU: 2

Operator                       Count      Status

CONV_2D                        1          Mapped to Edge TPU
MEAN                           1          Operation is otherwise supported, but not mapped due to some unspecified limitation
FULLY_CONNECTED                1          More than one subgraph is not supported
"""  # noqa: E501


def three_ops(n: Net) -> str:
    """A convolution, a mean, a dense layer."""
    y = n.mean(n.conv(n.input(1, 12, 10, 8), 16), 1, 2, keep=False)
    return n.dense(y, 5)


def given(folder: Path) -> ModelSummary:
    path = folder / "m.tflite"
    path.write_bytes(written({"net": three_ops}))
    return inspect_file(path)


def last_two(n: Net) -> str:
    """What an accelerator that took only the convolution of `three_ops` leaves, under the same names."""
    n.first -= 1
    return n.dense(n.mean(n.input(1, 12, 10, 16), 1, 2, keep=False), 5)


def program(path: Path, body: str, says: str = "Edge TPU Compiler version 16.0.384591198") -> Path:
    """An executable script; it answers --version like edgetpu_compiler, or with what it `says`."""
    path.write_text(
        f"#!{sys.executable}\nimport os, signal, sys, time\nfrom pathlib import Path\n"
        f"if '--version' in sys.argv: sys.exit(print({says!r}))\n" + body
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
