"""Station: which few tensors to keep in more than 8 bits so that the int8 file comes over its thresholds."""

from edgeconv.recipes.rank import added_noise, ranked
from edgeconv.recipes.search import Found, Judge, Score, Trial, search

__all__ = ["Found", "Judge", "Score", "Trial", "added_noise", "ranked", "search"]
