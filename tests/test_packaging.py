"""The wheel holds everything that `mpco demo` needs from any folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_data_files_are_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files", "engine", "tui", "themes"], cwd=ROOT, capture_output=True, text=True)
    assert set(tracked.stdout.split()) <= names
    assert "engine/reference.toml" in names
    assert not any(name.startswith("tests/") for name in names)
    for ending in (".toml", ".tcss", ".md"):
        assert any(name.endswith(ending) for name in names)


def test_the_demo_can_be_copied_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    code = "import engine.demo as d, pathlib, sys; print(d.copy_demo(pathlib.Path(sys.argv[1])), d.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "demo")],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(installed), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(installed) in done.stdout
    assert (tmp_path / "demo" / "mpco.toml").read_text() == (ROOT / "mpco.toml").read_text()
    assert (tmp_path / "demo" / ".git").is_dir()
