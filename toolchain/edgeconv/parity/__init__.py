"""Parity: every artifact against the network it came from, on clips that calibrated nothing."""

from edgeconv.parity.check import Candidate, End, ParityRun, run_parity
from edgeconv.parity.drift import culprit, diagnose, first_drifting
from edgeconv.parity.metrics import pair

__all__ = ["Candidate", "End", "ParityRun", "culprit", "diagnose", "first_drifting", "pair", "run_parity"]
