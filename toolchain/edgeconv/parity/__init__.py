"""Parity: every artifact against the network it came from, on clips that calibrated nothing."""

from edgeconv.parity.check import Candidate, ParityRun, run_parity

__all__ = ["Candidate", "ParityRun", "run_parity"]
