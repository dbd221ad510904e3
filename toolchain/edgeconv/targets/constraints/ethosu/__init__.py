"""What Vela needs to place an op on an Ethos-U NPU: its core of 4.x (`vela4`) and that of 5.x (`vela5`)."""
