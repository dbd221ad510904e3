"""``python -m edgeconv_models.training``, and what torchrun starts: ``torchrun -m edgeconv_models.training ...``."""

import sys

from edgeconv_models.training.command import main

sys.exit(main())
