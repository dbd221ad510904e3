"""Parity: every artifact against the network it came from, on clips that calibrated nothing."""

from edgeconv.parity.check import Candidate, End, ParityRun, run_parity
from edgeconv.parity.drift import diagnose
from edgeconv.parity.metrics import pair

__all__ = ["Candidate", "End", "ParityRun", "diagnose", "pair", "run_parity"]
