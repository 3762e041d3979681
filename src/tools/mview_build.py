"""A build backend (PEP 517): the program, its manual and completions as a wheel.

The wheel is for exactly the Python that builds it: `make PYTHON=` finds headers
and library, so this needs what make needs, and nothing of PyPI.  What is wrong
is one line that says what to do.

CC, CFLAGS and PKG_CONFIG of the environment are make's.  SOURCE_DATE_EPOCH dates
what is packed; without it the date is a fixed one.
"""

import ast
import base64
import csv
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import zipfile

# What is packed beside the program: where it lies here, where an environment has it.
SHARED = {
    "man/mview-inspect.1": "share/man/man1/mview-inspect.1",
    "completions/mview-inspect": "share/bash-completion/completions/mview-inspect",
    "completions/_mview-inspect": "share/zsh/site-functions/_mview-inspect",
    "completions/mview-inspect.fish": "share/fish/vendor_completions.d/mview-inspect.fish",
}

# The library of the environment that the program lies in goes first: an environment of conda
# can be moved, and a wheel that was kept may be for another one of the same version.
LINK_FLAGS = {"LDFLAGS": r"-s -Wl,-rpath,'$$ORIGIN/../lib'",
              "ENGINE_LDFLAGS": r"-Wl,-rpath,'$$ORIGIN/../../lib'"}

EARLIEST = 315532800  # 1980-01-01: zip knows no earlier date


def fail(line):
    raise SystemExit(f"mview-inspect: {line}")


# --- what is said about the project ---------------------------------------------------


def project():
    """The section [project] of pyproject.toml."""
    with open("pyproject.toml", encoding="utf-8") as file:
        section = re.search(r"^\[project\]\n(.*?)^\[", file.read(), re.S | re.M)[1]
    pairs = re.findall(r"^([a-z-]+) = (.*?)(?=^[a-z-]+ = |\Z)", section, re.S | re.M)
    return {key: ast.literal_eval(value.strip()) for key, value in pairs}


def version():
    with open("Makefile", encoding="utf-8") as file:
        return re.search(r"^VERSION := (\S+)$", file.read(), re.M)[1]


def stem():
    """What files and folders of a release are called by."""
    return f"{project()['name'].replace('-', '_')}-{version()}"


def metadata():
    about = project()
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {about['name']}",
        f"Version: {version()}",
        f"Summary: {about['description']}",
        f"Keywords: {','.join(about['keywords'])}",
        *(f"Classifier: {classifier}" for classifier in about["classifiers"]),
        f"License-Expression: {about['license']}",
        *(f"License-File: {name}" for name in about["license-files"]),
        f"Requires-Python: {about['requires-python']}",
        "Description-Content-Type: text/markdown",
        "",
    ]
    with open(about["readme"], encoding="utf-8") as readme:
        return "\n".join(lines) + "\n" + readme.read()


def tag():
    """cp313-cp313t-linux_x86_64."""
    interpreter = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    platform = re.sub(r"[-.]", "_", sysconfig.get_platform())
    return f"{interpreter}-{interpreter}{sys.abiflags}-{platform}"


def date():
    return max(int(os.environ.get("SOURCE_DATE_EPOCH") or EARLIEST), EARLIEST)


# --- building -------------------------------------------------------------------------


def require(*command):
    """A script of ours that says in one line what is missing."""
    environment = {"CC": "cc", **os.environ, "PYTHON": sys.executable}
    answer = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")
    if answer.returncode != 0:
        raise SystemExit(answer.stderr.strip().split("\n")[-1])


def check_settings(settings):
    if settings:
        fail(f"there is no setting {', '.join(settings)}: CC, CFLAGS and PKG_CONFIG are taken from the environment")


def check_needs():
    if not sys.platform.startswith("linux"):
        fail(f"this is {sys.platform}: Linux is needed")
    require("sh", "src/tools/deps", "--missing", "build")
    require("sh", "src/tools/python-flags", sys.executable)


def make(folder):
    """Build in the folder, the program and its engine."""
    # A make around this one is none of ours.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "ENGINE")}
    jobs = len(os.sched_getaffinity(0))
    command = ["make", "--no-print-directory", f"-j{jobs}", f"BUILD={folder}", f"PYTHON={sys.executable}",
               *(f"{name}={environment.get(name, '')} {flags}" for name, flags in LINK_FLAGS.items()), "all"]
    answer = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if answer.returncode != 0:
        sys.stderr.buffer.write(answer.stdout)
        sys.stderr.flush()
        fail("make failed: the lines above say why")


class Wheel:
    """A wheel in the making: files go in, and at the end the record of them."""

    def __init__(self, path, info):
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.record = [(f"{info}/RECORD", "", "")]

    def add(self, name, data, mode=0o644):
        entry = zipfile.ZipInfo(name, time.gmtime(date())[:6])
        entry.external_attr = (0o100000 | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.zip.writestr(entry, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.insert(-1, (name, f"sha256={digest}", len(data)))

    def add_file(self, name, path, mode=0o644):
        with open(path, "rb") as file:
            self.add(name, file.read(), mode)

    def close(self):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self.record)
        entry = zipfile.ZipInfo(self.record[-1][0], time.gmtime(date())[:6])
        entry.external_attr = 0o100644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.zip.writestr(entry, text.getvalue())
        self.zip.close()


def wheel_text():
    return f"Wheel-Version: 1.0\nGenerator: mview_build ({version()})\nRoot-Is-Purelib: false\nTag: {tag()}\n"


# --- the hooks ------------------------------------------------------------------------


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    check_settings(config_settings)
    info = f"{stem()}.dist-info"
    os.mkdir(os.path.join(metadata_directory, info))
    for name, text in (("METADATA", metadata()), ("WHEEL", wheel_text())):
        with open(os.path.join(metadata_directory, info, name), "w", encoding="utf-8") as file:
            file.write(text)
    return info


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    check_settings(config_settings)
    check_needs()
    name = f"{stem()}-{tag()}.whl"
    info, data = f"{stem()}.dist-info", f"{stem()}.data"
    with tempfile.TemporaryDirectory(prefix="mview-inspect-") as folder:
        make(folder)
        packed = os.path.join(folder, name)
        wheel = Wheel(packed, info)
        wheel.add_file(f"{data}/scripts/mview-inspect", os.path.join(folder, "bin", "mview-inspect"), 0o755)
        engines = os.path.join("libexec", "mview-inspect")
        for engine in os.listdir(os.path.join(folder, engines)):
            wheel.add_file(f"{data}/data/{engines}/{engine}", os.path.join(folder, engines, engine), 0o755)
        wheel.add_file("mview_inspect.py", "src/tools/mview_inspect.py")
        for source, target in SHARED.items():
            wheel.add_file(f"{data}/data/{target}", source)
        wheel.add(f"{info}/METADATA", metadata().encode())
        wheel.add(f"{info}/WHEEL", wheel_text().encode())
        for license in project()["license-files"]:
            wheel.add_file(f"{info}/licenses/{license}", license)
        wheel.close()
        shutil.move(packed, os.path.join(wheel_directory, name))
    return name


def sources():
    """What belongs to a release, relative to here: what git knows, else what an archive held."""
    if os.path.exists(".git"):
        answer = subprocess.run(["git", "ls-files", "-z"], stdout=subprocess.PIPE, encoding="utf-8")
        if answer.returncode != 0:
            fail("git does not tell which files belong to a source archive")
        return [name for name in answer.stdout.split("\0") if os.path.isfile(name)]
    found = []
    for folder, folders, files in os.walk("."):
        folders[:] = sorted(name for name in folders if name != "__pycache__" and (folder, name) != (".", "build"))
        found += [os.path.relpath(os.path.join(folder, name)) for name in sorted(files) if name != "PKG-INFO"]
    return found


def commit():
    """The commit of what is packed, for src/tools/commit to know; as it stands when there is none."""
    answer = subprocess.run(["sh", "src/tools/commit"], stdout=subprocess.PIPE)
    return answer.stdout.strip() or b"$Format:%H$"


def build_sdist(sdist_directory, config_settings=None):
    check_settings(config_settings)
    name = f"{stem()}.tar.gz"
    path = os.path.join(sdist_directory, name)

    def add(archive, member, data, mode):
        entry = tarfile.TarInfo(f"{stem()}/{member}")
        entry.size, entry.mode, entry.mtime = len(data), mode, date()
        archive.addfile(entry, io.BytesIO(data))

    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        with tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as archive:
            for source in sources():
                with open(source, "rb") as member:
                    data = member.read()
                if source == "src/tools/commit":
                    data = data.replace(b"$Format:%H$", commit())
                add(archive, source, data, 0o755 if os.access(source, os.X_OK) else 0o644)
            add(archive, "PKG-INFO", metadata().encode(), 0o644)
    return name
