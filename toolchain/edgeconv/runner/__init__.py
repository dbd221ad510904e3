"""What runs a bundle: run.py, which travels in it and knows nothing of edgeconv, and the same code in a child here."""

from edgeconv.runner.api import GoldenRun, RuntimeRun, choose_runtimes, try_golden, write_runner

__all__ = ["GoldenRun", "RuntimeRun", "choose_runtimes", "try_golden", "write_runner"]
