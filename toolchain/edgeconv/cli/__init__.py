"""The command line: one file per command group. Commands parse, call and print; what they call knows the work."""
