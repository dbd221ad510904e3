"""What runs a bundle: run.py, which travels in it and knows nothing of edgeconv, and the same code in a child here."""

from edgeconv.runner.api import GoldenRun, RuntimeRun, choose_runtimes, try_golden, write_runner
from edgeconv.runner.judging import Answered, VideosRequest, answer_videos

__all__ = [
    "Answered",
    "GoldenRun",
    "RuntimeRun",
    "VideosRequest",
    "answer_videos",
    "choose_runtimes",
    "try_golden",
    "write_runner",
]
