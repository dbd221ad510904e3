"""What TensorFlow's page on the GPU delegate says; nothing of it was run here."""

from edgeconv.targets.constraints.gpu.documented import documented
from edgeconv.targets.constraints.gpu.no_conv3d import no_conv3d
from edgeconv.targets.constraints.gpu.rank import rank
from edgeconv.targets.constraints.gpu.types import types

GPU = (no_conv3d, rank, types, documented)
