"""What the XNNPACK delegate inside tflite-runtime 2.14 takes; what fails runs on the builtin kernel."""

from edgeconv.targets.constraints.runtime14.float_only import float_only
from edgeconv.targets.constraints.runtime14.mean_axes import mean_axes
from edgeconv.targets.constraints.runtime14.taken import taken
from edgeconv.targets.constraints.runtime14.tried import tried

RUNTIME_14 = (float_only, tried, taken, mean_axes)
