"""The strip form of every operator family, one file each."""
