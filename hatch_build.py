"""Build hook: makes extractors/gazetteers/places.sqlite before a wheel or an editable install is put together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GazetteerHook(BuildHookInterface[Any]):
    """Runs `python -m extractors.gazetteers.build` unless what it would make is there already."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects files; `version` is "standard" or "editable"."""
        sys.path.insert(0, self.root)
        from extractors.gazetteers import build

        target = Path(self.root, "extractors", "gazetteers", "places.sqlite")
        if not build.is_current(target):
            self.app.display_info("Making the gazetteer of places (half a minute) …")
            build.build(target)
