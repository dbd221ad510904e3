"""Station: from the scores of labelled videos to what can be said of a network."""

from edgeconv.evaluation.agreeing import agreement
from edgeconv.evaluation.averaging import video_scores
from edgeconv.evaluation.scoring import score, wilson
from edgeconv.evaluation.views import View, views

__all__ = ["View", "agreement", "score", "video_scores", "views", "wilson"]
