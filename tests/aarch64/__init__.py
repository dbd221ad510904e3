"""A bundle's self-test on the architecture of a Raspberry Pi, by user-mode emulation (`make test-aarch64`)."""
