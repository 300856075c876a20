"""`python -m tests.hostile FOLDER`: see make.py."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).with_name("make.py")), run_name="__main__")
