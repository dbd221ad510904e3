"""How often a network is right: accuracies with their uncertainty, confusions, agreement between stages."""

from edgeconv.evaluation.scores import Agreement, ClassScore, Interval, Score, agreement, score

__all__ = ["Agreement", "ClassScore", "Interval", "Score", "agreement", "score"]
