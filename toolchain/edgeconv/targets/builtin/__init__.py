"""The targets that come with edgeconv, one per file."""
