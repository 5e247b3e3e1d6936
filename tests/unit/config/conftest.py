"""A current folder and a home of the user's own, both empty, and a workspace beside them."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from coding_agent_sdk.config import LoadedSettings, load_settings


@dataclass
class Places:
    cwd: Path
    home: Path
    elsewhere: Path

    def write(self, text, *, at="cwd", name="coding_agent.toml"):
        path = getattr(self, at) / name
        path.write_text(text, encoding="utf-8")
        return path

    def load(self, *, environ=None, **arguments) -> LoadedSettings:
        environ = {"CODING_AGENT_HOME": str(self.home), **(environ or {})}
        return load_settings(cwd=self.cwd, environ=environ, **arguments)

    def load_trusted(self, *, explicit=None, **arguments) -> LoadedSettings:
        """Load with the workspace elsewhere, so that the files of the current folder are trusted."""
        return self.load(explicit={"workspace": self.elsewhere, **(explicit or {})}, **arguments)


def new_places(root) -> Places:
    places = Places(cwd=root / "project", home=root / "home", elsewhere=root / "elsewhere")
    for folder in (places.cwd, places.home, places.elsewhere):
        folder.mkdir()
    return places


@pytest.fixture
def places(tmp_path) -> Places:
    return new_places(tmp_path)
