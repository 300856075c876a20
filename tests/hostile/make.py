"""Write the hostile set into a folder: `python tests/hostile/make.py FOLDER` or `python -m tests.hostile FOLDER`.

Beside the files, good documents to mix with them, and manifest.jsonl: the
class, name and outcome of each.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __package__ != "hostile":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from hostile import catalogue


def main(folder: Path) -> None:
    """Write the set; the folder must be new or empty."""
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder}: not empty; give a new folder")
    found = catalogue.cases()
    catalogue.write_cases(folder / "set", found)
    catalogue.write_controls(folder / "set", sorted({case.group for case in found}))
    catalogue.write_manifest(folder / "manifest.jsonl", found)
    print(f"{len(found)} cases in {folder / 'set'}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FOLDER")
    main(Path(sys.argv[1]))
