"""Write docs/record.schema.json from the record's model: `python -m tests.make_schema`."""

from __future__ import annotations

import json
from pathlib import Path

from extractors.records import schema

TARGET = Path(__file__).parents[1] / "docs" / "record.schema.json"


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
