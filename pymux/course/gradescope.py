"""An autograder for Gradescope: a zip with its two scripts and a wheel of pymux that has no solution in it.

Gradescope runs setup.sh once, as root in a container, and run_autograder for each submission, which it puts
into /autograder/submission; it reads /autograder/results/results.json
(https://gradescope-autograders.readthedocs.io/en/latest/specs/).
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymux.course.exercises import Exercise

_SETUP = """\
#!/usr/bin/env bash
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends python3 python3-venv gcc libc6-dev strace bubblewrap
python3 -m venv /opt/pymux
/opt/pymux/bin/pip install --quiet "$(echo /autograder/source/*.whl)[lab]"
chmod -R go-rwx /autograder/source
"""
_RUN = """\
#!/usr/bin/env bash
cd /
exec /opt/pymux/bin/pymux grade {name} /autograder/submission --json /autograder/results/results.json
"""
_LEFT_OUT = ("solution.", "notes.")  # of the exercises' files
_OF_THE_INSTALLER = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json")
_EXECUTABLE = 0o755 << 16  # as a zip has it


class NoWheel(Exception):
    """There is no wheel to put into the autograder; the message says why."""


def write_autograder(target: Path, exercise: Exercise, wheel: Path | None) -> None:
    """Write the zip of one exercise, with a wheel of pymux or, without one, the pymux that is installed."""
    name, files = _read_wheel(wheel) if wheel else _installed()
    kept = {path: data for path, data in files.items() if not _tells_the_solution(path)}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as autograder:
        for script, text in (
            ("setup.sh", _SETUP),
            ("run_autograder", _RUN.format(name=exercise.name.replace("_", "-"))),
        ):
            entry = zipfile.ZipInfo(script)
            entry.external_attr = _EXECUTABLE
            autograder.writestr(entry, text)
        with autograder.open(name, "w") as file:
            _write_wheel(file, kept)


def _tells_the_solution(path: str) -> bool:
    place = PurePosixPath(path)
    return "exercises" in place.parts and place.name.startswith(_LEFT_OUT)


def _read_wheel(path: Path) -> tuple[str, dict[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as wheel:
            return path.name, {name: wheel.read(name) for name in wheel.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise NoWheel(f"{path} cannot be read as a wheel: {error}") from None


def _installed() -> tuple[str, dict[str, bytes]]:
    """Return the name and the files of the wheel that the installed pymux came from."""
    try:
        installed = distribution("pymux-io")
    except PackageNotFoundError:
        raise NoWheel("pymux is not installed as a package: give a wheel with --wheel") from None
    files = {}
    for file in installed.files or ():
        inside = not file.parts[0].startswith("..") and "__pycache__" not in file.parts
        if inside and file.name not in _OF_THE_INSTALLER:
            files[file.as_posix()] = Path(str(installed.locate_file(file))).read_bytes()
    if not any(name.endswith(".so") for name in files):
        raise NoWheel("pymux is installed from a checkout that it still reads: give a wheel with --wheel")
    tags = [
        line.split()[1]
        for line in (installed.read_text("WHEEL") or "").splitlines()
        if line.startswith("Tag")
    ]
    return f"pymux_io-{installed.version}-{tags[0]}.whl", files


def _write_wheel(file: object, files: dict[str, bytes]) -> None:
    """Write a wheel; RECORD has a line for each file in it."""
    (information,) = {name.partition("/")[0] for name in files if ".dist-info/" in name}
    record = f"{information}/RECORD"
    lines = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as wheel:  # type: ignore[call-overload]
        for name, data in files.items():
            if name != record:
                wheel.writestr(name, data)
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                lines.append(f"{name},sha256={digest},{len(data)}")
        wheel.writestr(record, "\n".join([*lines, f"{record},,", ""]))
