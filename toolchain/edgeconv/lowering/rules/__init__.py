"""One lowering rule per file. Its docstring states the form before and after, what it needs and what it refuses."""
