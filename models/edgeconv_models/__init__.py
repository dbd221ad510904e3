"""ECO-Lite and its 4D variants in plain PyTorch, and the 4D block for the Conv3d of any other network.

Importing this package does not import torch; calling a factory does. So a tool can list the models, their
parameters and their descriptions at once.

    >>> from edgeconv_models import eco_lite_4d_add
    >>> network = eco_lite_4d_add(num_classes=101, num_frames=8)
    >>> network.input_shape
    (1, 3, 8, 224, 224)
"""

from edgeconv_models.factories import eco_lite_3d, eco_lite_4d_add, eco_lite_4d_concat, eco_lite_4d_sequential
from edgeconv_models.factorizing import factorize

__all__ = ["eco_lite_3d", "eco_lite_4d_add", "eco_lite_4d_concat", "eco_lite_4d_sequential", "factorize"]
