"""Constraints by family, one rule per file; the docstring of a rule is the text users read."""
