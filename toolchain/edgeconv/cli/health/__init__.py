"""What `edgeconv doctor` looks at: packages, runtimes, the machine."""

from edgeconv.cli.health.examine import examine
from edgeconv.cli.health.finding import Finding, healthy

__all__ = ["Finding", "examine", "healthy"]
