"""Parity: every artifact against the network it came from, on clips that calibrated nothing."""

from edgeconv.parity.check import Candidate, End, ParityRun, run_parity

__all__ = ["Candidate", "End", "ParityRun", "run_parity"]
