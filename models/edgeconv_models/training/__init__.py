"""Train networks on labelled clips: ``edgeconv-train``. Importing this does not import torch."""
