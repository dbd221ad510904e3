"""Videos to train and judge on: labelled clips from folders and lists, and Moving Shapes, a set made by seed.

Importing this imports neither torch nor PyAV.
"""
