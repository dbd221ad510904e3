"""Parity: every artifact against the network it came from, on clips that calibrated nothing; and runtimes compared."""

from edgeconv.parity.cells import OWN, XNNPACK, Cell, CellFile, CellKey, cell_keys, run_cells
from edgeconv.parity.check import Candidate, ParityRun, run_parity
from edgeconv.parity.drift import diagnose
from edgeconv.parity.ends import End, collect
from edgeconv.parity.expected import ROUNDING, Allowed
from edgeconv.parity.gates import gate_matrix
from edgeconv.parity.matrix import Subject, compare_cells, typical_error
from edgeconv.parity.metrics import pair

__all__ = [
    "OWN",
    "ROUNDING",
    "XNNPACK",
    "Allowed",
    "Candidate",
    "Cell",
    "CellFile",
    "CellKey",
    "End",
    "ParityRun",
    "Subject",
    "cell_keys",
    "collect",
    "compare_cells",
    "diagnose",
    "gate_matrix",
    "pair",
    "run_cells",
    "run_parity",
    "typical_error",
]
