"""The nouns every station shares: errors, layout algebra, model summaries, the report, child processes."""
