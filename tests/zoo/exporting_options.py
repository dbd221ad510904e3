"""What both sides of the export agree on."""

OPSET = 18
