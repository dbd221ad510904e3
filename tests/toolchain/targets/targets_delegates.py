"""Child process: how many DELEGATE nodes LiteRT makes. Usage: python targets_delegates.py FILE... -> JSON on stdout."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter

found = {}
for file in sys.argv[1:]:
    interpreter = Interpreter(file)
    interpreter.allocate_tensors()
    found[Path(file).name] = sum(o["op_name"] == "DELEGATE" for o in interpreter._get_ops_details())
print(json.dumps(found))
