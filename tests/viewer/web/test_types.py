"""The player's types, which stand in JSDoc comments."""

import subprocess

import pytest

from tests.viewer.web.conftest import NPM

COMPILER = NPM / ".bin" / "tsc"


@pytest.mark.web
def test_the_types_of_the_player_hold():
    if not COMPILER.exists():
        pytest.skip("no TypeScript: npm ci --prefix tests/viewer/web/npm")
    command = [COMPILER, "--project", NPM.parent, "--pretty", "false"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.stdout == ""
