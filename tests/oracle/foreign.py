#!/usr/bin/python3
"""Files of others' formats, made by whoever makes them: each gets its name, and a command that works.

What this Python has no library for is left out here; `make check-real` has them all.
"""
import bz2
import gzip
import io
import json
import lzma
import os
import py_compile
import shlex
import shutil
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile
import wave
import zipfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import PROGRAM, check, end, run, skip  # noqa: E402

ARRAY = np.arange(12, dtype="f4").reshape(3, 4)


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def said(*arguments, stdin=b""):
    """The message, without the program's and the file's name; "" where there is none, or another exit code than 2."""
    code, out, err = run(*arguments, stdin=stdin)
    lines = err.splitlines()
    return lines[0].split(": ", 2)[2] if code == 2 and len(lines) == 1 and not out else ""


def test_texts():
    for name, data, begins in (
            ("pointer.npy", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
             "is a Git LFS pointer, its data are not here: git lfs pull"),
            ("annex.npy", b"/annex/objects/SHA256E-s3--a.npy\n", "is a git-annex pointer, its data are not here: git annex "
             "get annex.npy"),
            ("page.npy", b"\r\n<!DOCTYPE html>\n<html>", "is an HTML page"), ("page", b"\xef\xbb\xbf<HTML>", "is an HTML page"),
            ("error.npy", b"<?xml version='1.0'?><Error>", "is an XML text"), ("e.json", b'{"message": "no"}', "is a JSON text"),
            ("zarr.json", b'{\n "zarr_format": 2, "shape": [1]}', "is the metadata of a Zarr array or group"),
            ("words", b"hello, world\n", "is no .npy, .npz, pickle, torch or safetensors file that is known by its content "
             "(text): -t raw"),
            ("zeros", bytes(99), "is no .npy, .npz, pickle, torch or safetensors file that is known by its content "
             "(nothing but zero bytes): -t raw"),
            ("short", b"\x93NUM", "is cut short: the first 4 bytes of a .npy file"), ("empty", b"", "is empty: -t raw")):
        write(name, data)
        check(said(name).startswith(begins), name + " is named", said(name))
        if data:
            check(said("-", stdin=data).startswith(begins.split(":")[0]), name + " is named on standard input",
                  said("-", stdin=data))
        check(said("--check", name).startswith(begins), name + " is named by --check", said("--check", name))
    for kind in ("npy", "npz", "torch", "safetensors", "pickle"):
        check("; the file is an HTML page" in said("-t", kind, "page.npy"), "-t %s says what it is instead" % kind,
              said("-t", kind, "page.npy"))
        check("; the file is an HTML page" in said("--check", "-t", kind, "page.npy"), "so does --check",
              said("--check", "-t", kind, "page.npy"))
    np.save("a.npy", ARRAY)
    check("by its content it is a .npy file: -t npy" in said("-t", "npz", "a.npy"), "a .npy is no .npz",
          said("-t", "npz", "a.npy"))
    with zipfile.ZipFile("a.zip", "w") as archive:
        archive.writestr("a.txt", "hello")
    check("by its content it is a zip archive: -t npz" in said("-t", "npy", "a.zip"), "nor a zip a .npy")
    os.symlink(".git/annex/objects/x/a.npy", "link.npy")
    check("git annex get fetches it" in said("link.npy"), "a link of git-annex", said("link.npy"))


def works(name, begins, *more):
    """The file is named, and the command in the message runs (its first word: this program, or Python) and prints."""
    message = said(name)
    check(message.startswith(begins), "%s: %s" % (name, begins), message)
    command = message.split(": ", 1)[1] if ": " in message else ""
    for start in (" lists ", " shows "):
        command = command.split(start)[0]
    words = shlex.split(command)
    places = {"mview-inspect": PROGRAM, "python3": sys.executable}
    if not words or words[0] not in places:
        return
    environment = ["--python", sys.executable] if words[0] == "mview-inspect" and "-e" in words else []
    process = subprocess.run([places[words[0]], *words[1:], *environment, *more], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
    check(process.returncode == 0 and process.stdout, "and what it says works: " + command, process.stderr.decode()[-500:])


def test_numbers():
    for delimiter in " ", ",", ";", "\t":
        for header in "", "a,b,c,d".replace(",", delimiter):
            np.savetxt("table", ARRAY, delimiter=delimiter, header=header, comments="")
            message = said("table")
            command = shlex.split(message.split(": ", 1)[1]) if message.startswith("is a text of numbers: ") else ["", "-h"]
            code, out, err = run("--python", sys.executable, "-f", "shape,format", *command[1:])
            check(code == 0 and out == b"3 4\td\n", "a table with %r, header %r" % (delimiter, header), message, out, err)


def test_arrays():
    header = struct.pack(">BBBBII", 0, 0, 13, 2, 3, 4)
    write("images", header + ARRAY.astype(">f4").tobytes())
    works("images", "is an IDX file")
    words = shlex.split(said("images").split(": ", 1)[1])
    code, out, err = run("-b", *words[1:])
    check(code == 0 and out == ARRAY.astype(">f4").tobytes(), "its items are where the command says", err)
    try:
        import scipy.io
        import scipy.sparse
    except ImportError:
        return skip("MATLAB and NetCDF files", "this Python has no scipy")
    scipy.io.savemat("a.mat", {"x": ARRAY})
    works("a.mat", "is a MATLAB file")
    scipy.io.mmwrite("a.mtx", scipy.sparse.coo_matrix(ARRAY))
    works("a.mtx", "is a Matrix Market file")
    for version in 1, 2:
        with scipy.io.netcdf_file("a.nc", "w", version=version) as file:
            file.createDimension("n", 3)
            file.createVariable("v", "f4", ("n",))[:] = ARRAY[:, 0]
        check(said("a.nc").startswith("is a NetCDF file: "), "a.nc of version %d" % version, said("a.nc"))
    return None


def test_others():
    with wave.open("a.wav", "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(bytes(100))
    check(said("a.wav").startswith("is a WAV file: "), "a.wav", said("a.wav"))
    connection = sqlite3.connect("a.db")
    connection.execute("create table t(x)")
    connection.commit()
    connection.close()
    check(said("a.db") == "is an SQLite database: sqlite3 a.db .schema", "a.db", said("a.db"))
    for name, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
        with tarfile.open(name, "w", format=form) as archive:
            archive.add("a.db")
        check(said(name).startswith("is a tar archive"), "a tar archive, " + name, said(name))
    with open("ustar", "rb") as file:
        block = bytearray(file.read(512))
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    write("v7", bytes(block) + bytes(1024))
    check(said("v7").startswith("is a tar archive"), "one without a mark", said("v7"))
    block[0] ^= 1
    write("v7", bytes(block) + bytes(1024))
    check("tar archive" not in said("v7"), "whose checksum counts", said("v7"))
    with open("code.py", "w", encoding="utf-8") as file:
        file.write("x = 1\n")
    py_compile.compile("code.py", "code.pyc")
    works("code.pyc", "is Python's compiled code")
    with open(sys.executable, "rb") as file:
        write("elf", file.read(4096))
    check(said("elf") == "is an ELF program or library: readelf -h elf", "an ELF file", said("elf"))
    with zipfile.ZipFile("whole.zip", "w") as archive:
        archive.writestr("a.txt", "hello")
    with open("whole.zip", "rb") as file:
        data = file.read()
    write("late", b"#!/bin/sh\n" + data)
    check(said("late").startswith("ends as a zip archive does, but something is in front of it"), "a zip behind a script",
          said("late"))
    check(run("-t", "npz", "-m", "a.txt", "-b", "late")[1] == b"hello", "which the command in its message reads")
    write("late", data[10:])
    check(said("late").startswith("ends as a zip archive does"), "one without its start", said("late"))
    write("cut.parquet", b"PAR1\x15\0\x15" + bytes(50))
    check(said("cut.parquet").startswith("is a Parquet file that is cut short: "), "a Parquet file without its end",
          said("cut.parquet"))
    for name, packed in (("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress)):
        write("packed", packed(b"x" * 100))
        check(said("packed").startswith("compressed with %s: pipe it in: " % name), name, said("packed"))
        check("; the file is compressed with " + name in said("-t", "npy", "packed"), name + ", not a .npy",
              said("-t", "npy", "packed"))


def test_folders():
    check(said(".") == "is a directory", "a folder", said("."))
    for name, file, data, begins in (
            ("v2.zarr", ".zarray", b"{}", "is a directory, a Zarr array: mview-inspect -i zarr -e"),
            ("v3.zarr", "zarr.json", b'{"node_type" : "array"}', "is a directory, a Zarr array: mview-inspect -i zarr -e"),
            ("g3.zarr", "zarr.json", b'{"node_type":\n"group"}', "is a directory, a Zarr group: python3 -c"),
            ("else.zarr", "zarr.json", b'{"node_type":', "is a directory"),
            ("saved", "saved_model.pb", b"", "is a directory, a TensorFlow SavedModel: saved_model_cli show --all --dir saved"),
            ("a model", "model.safetensors", b"", "is a directory, a model: mview-inspect 'a model'/model.safetensors")):
        os.mkdir(name)
        write(os.path.join(name, file), data)
        check(said(name).startswith(begins) and (":" in begins) == (":" in said(name)), name, said(name))
        check(said("--check", name).startswith(begins), name + ", by --check", said("--check", name))


def test_zips():
    """Archives of other kinds are listed, and a note says what they are."""
    for member, says in (("xl/workbook.xml", "an Excel workbook: python3 -c"), ("word/document.xml", "a Word document"),
                         ("a-1.dist-info/WHEEL", "a Python wheel: python3 -m zipfile -l FILE"),
                         ("model.weights.h5", "a Keras model: unzip FILE model.weights.h5"), ("a.txt", None)):
        with zipfile.ZipFile("a.zip", "w") as archive:
            archive.writestr("first", "x")
            archive.writestr(member, "x")
            archive.writestr("again/" + member if member[0] == "a" else "META-INF/MANIFEST.MF", "x")
        code, out, err = run("-j", "a.zip")
        notes = json.loads(out)["notes"] if code == 0 else err
        expected = says is None and notes == [] or says is not None and len(notes) == 1 and notes[0].startswith(
            "by its member '%s' it is %s" % (member, says))
        check(expected, "a zip archive with " + member, notes)


NAMES = (b"n\nl\x1b.", b"\xff\xfe.", b"it's \\ \"q\" $x `y` 9\x019.", b"\xc3\xa9\xe2\x80\xae.", b"-\t\xc2\x85.", b"\n.")


def commands(name, data):
    """The commands that are said of a file of that name: what follows the last colon that a command can follow."""
    write(name, data)
    process = subprocess.run([PROGRAM.encode(), b"./" + name if name[:1] == b"-" else name], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
    check(process.returncode == 2 and not process.stdout and process.stderr.count(b"\n") == 1
          and process.stderr.decode()[:-1].isprintable(), "%r: one line that shows as it is" % name, process.stderr)
    return process.stderr[:-1].decode()


def test_names():
    """The advice runs as it stands, whatever the file is called."""
    environment = dict(os.environ, PATH=os.path.dirname(PROGRAM) + ":" + os.environ["PATH"],
                       PYTHONPATH=os.path.dirname(os.path.dirname(np.__file__)))
    # The NumPy of this Python may be another one's than the program's.
    has_numpy = subprocess.run([PROGRAM, "-i", "numpy", "-e", "b''"], env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, check=False).returncode == 0
    for shell in ("bash", "zsh"):
        if shutil.which(shell) is None:
            skip("names in " + shell, "there is none")
            continue
        for name in NAMES:
            for end_, data, mark, wanted in (
                    (b"xz", lzma.compress(npy_bytes()), "pipe it in: ", b"0,0\t0.0\n"),
                    (b"csv", b"1,2\n3,4\n", "is a text of numbers: ", b"0,0\t1.0\n"),
                    (b"json", b'{"a": [7]}', "is a JSON text: ", b"7")):
                if end_ == b"csv" and not has_numpy:
                    skip("%s: a text of numbers" % shell, "the program's Python has no NumPy")
                    continue
                command = commands(name + end_, data).split(mark)[1] + (" -l" if end_ != b"json" else "")
                process = subprocess.run([shell, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                         env=environment, check=False)
                check(process.returncode == 0 and wanted in process.stdout, "%s: %s" % (shell, command), process.stderr)


def npy_bytes():
    file = io.BytesIO()
    np.save(file, ARRAY)
    return file.getvalue()


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        test_texts()
        test_numbers()
        test_arrays()
        test_others()
        test_folders()
        test_zips()
        test_names()
        os.chdir("/")
    end()


main()
