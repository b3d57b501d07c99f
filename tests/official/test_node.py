"""What is unpacked is what the lock file names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.official.node import PINNED, NotInstalledError, installed


@pytest.mark.parametrize("spoil", ["missing", "another"])
def test_another_package_is_not_unpacked(spoil: str, tmp_path: Path) -> None:
    """A package that is missing, or differs by a byte from the lock file's, is named with its remedy."""
    pinned = tmp_path / "javascript"
    shutil.copytree(PINNED, pinned)
    lock = pinned / "package-lock.json"
    lock.write_text(lock.read_text().replace('"requires": true', f'"requires": true, "//": "{tmp_path}"'))  # nobody has installed this one
    archive = pinned / "packages" / "fast-sha256-1.3.0.tgz"
    archive.write_bytes(archive.read_bytes() + b"\0") if spoil == "another" else archive.unlink()
    with pytest.raises(NotInstalledError, match=r"fast-sha256-1\.3\.0\.tgz is not what .* `npm pack`"):
        installed(pinned)
