"""Zip archives, generated and then mutated, against Python's zipfile.

What both read must be the same.  What we refuse and zipfile reads is counted by the fault that we name; what zipfile
refuses and we read must be one of the cases that are known (LAX).
"""

import collections
import ctypes
import io
import os
import random
import re
import struct
import sys
import warnings
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, rows  # noqa: E402
from mirror import Error, LIBRARY, Mapping  # noqa: E402

SEED = int(os.environ.get("SEED", "11"))
GENERATED = int(os.environ.get("GENERATED", "1500"))
MUTATED = int(os.environ.get("MUTATED", "20000"))
WHOLE = ctypes.c_size_t(-1).value
FAULTS = rows("src/archive/faults.def", "FAULT")
NAMES = [row[0] for _, row in FAULTS]
REFUSES = {row[0]: row[2] == "true" for _, row in FAULTS}

# What zipfile refuses as a whole and we by a member, which has one of these faults: by the start of its message.
OF_A_MEMBER = {"zip file version": {"VERSION", "ENCRYPTED", "PATCH"}, "'utf-8' codec can't decode": {"NAME_BYTES"}}

# What zipfile refuses and we read, by the start of its message.
LAX = (
    "File is not a zip file",  # it takes the last signature for the end record, one in a comment too
)

# --- ours, through the library -----------------------------------------------------------------------------


class Member(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), *((name, ctypes.c_uint64) for name in (
        "entry", "header", "limit", "packed", "size")), ("crc", ctypes.c_uint32), ("method", ctypes.c_uint),
        ("flags", ctypes.c_uint), ("overlaps", ctypes.c_void_p)]


class Archive(ctypes.Structure):
    _fields_ = [("members", ctypes.POINTER(Member)), ("count", ctypes.c_size_t), ("prefix", ctypes.c_uint64),
                ("directory", ctypes.c_uint64), ("arena", ctypes.c_size_t * 5)]


class Complaint(ctypes.Structure):
    _fields_ = [("fault", ctypes.c_int), ("rule", ctypes.c_int), ("refuses", ctypes.c_bool),
                ("member", ctypes.c_size_t), ("name", ctypes.c_char_p), ("sentence", ctypes.c_char_p)]


COMPLAIN = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.POINTER(Complaint))
for function in ("archive_read", "archive_open", "archive_check"):
    getattr(LIBRARY, function).restype = ctypes.c_bool
LIBRARY.archive_free.restype = LIBRARY.mapping_close.restype = None


class Ours:
    """What we say of an archive: its members, their bytes (None: refused), and all complaints."""

    def __init__(self, data):
        self.block = ctypes.create_string_buffer(data, len(data))
        self.file = Mapping(ctypes.addressof(self.block) if data else None, len(data))
        self.complaints = []
        heard = COMPLAIN(self.hear)
        self.checked = LIBRARY.archive_check(ctypes.byref(self.file), heard, None, ctypes.byref(Error()))
        archive, error = Archive(), Error()
        self.members = None
        if LIBRARY.archive_read(ctypes.byref(archive), ctypes.byref(self.file), ctypes.byref(error)):
            members = archive.members[:archive.count]
            self.members = [(member.name, member.size, member.method, self.content(member)) for member in members]
            LIBRARY.archive_free(ctypes.byref(archive))

    def hear(self, _, complaint):
        complaint = complaint.contents
        self.complaints.append((NAMES[complaint.fault], complaint.member, complaint.sentence.decode(errors="replace")))
        return True

    def content(self, member):
        unpacked, place, error = Mapping(), ctypes.c_uint64(), Error()
        if not LIBRARY.archive_open(ctypes.byref(member), ctypes.byref(self.file), ctypes.byref(unpacked),
                                    ctypes.byref(place), ctypes.byref(error)):
            return None
        if place.value != 2**64 - 1:
            return self.block.raw[place.value:place.value + member.size]
        content = ctypes.string_at(unpacked.data, unpacked.size) if unpacked.size else b""
        LIBRARY.mapping_close(ctypes.byref(unpacked))
        return content

    def refusals(self, member):
        return [fault for fault, where, _ in self.complaints if where == member and REFUSES[fault]]


# --- zipfile -----------------------------------------------------------------------------------------------


def theirs(data):
    """The members as zipfile has them: (name, size, method, bytes or the exception); or the archive's exception."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(info.filename.encode("utf-8", "surrogatepass"), info.file_size, info.compress_type,
                     content(archive, info)) for info in archive.infolist()]
    except Exception as exception:  # noqa: BLE001 # struct.error, UnicodeDecodeError, ValueError ...
        return exception


def content(archive, info):
    if info.file_size > 1 << 24:
        return ValueError("too large to try")
    try:
        return archive.read(info)
    except Exception as exception:  # noqa: BLE001
        return exception


# --- archives ----------------------------------------------------------------------------------------------


class Stream(io.RawIOBase):
    """Somewhere to write to that cannot seek: sizes go behind the data."""

    def __init__(self):
        super().__init__()
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def random_content(rng):
    kind = rng.randrange(4)
    size = rng.choice((0, 1, 10, 100, 1000, 5000))
    return (bytes(size), rng.randbytes(size), b"words and words, " * (size // 17),
            bytes(rng.choices(b"abc", k=size)))[kind]


def random_name(rng, used):
    name = rng.choice(("a.npy", "b", "dir/c.npy", "dir/", "\u00e9.npy", "\u4e2d\u6587.npy", "with space", "x" * 300,
                       "archive/data.pkl", "-", "a"))
    while name in used:
        name = "%s%d" % (name.rstrip("/"), rng.randrange(10**6))
    used.add(name)
    return name


def random_archive(rng):
    """An archive that is right, and the faults that are to be told of it."""
    streamed = rng.random() < 0.3
    file = Stream() if streamed else io.BytesIO()
    faults, used = set(), set()
    with zipfile.ZipFile(file, "w") as archive:
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 6))):
            info = zipfile.ZipInfo(random_name(rng, used))
            info.compress_type = rng.choices((0, 8, 12, 14), (5, 5, 0.3, 0.3))[0]
            if info.compress_type > 8:
                faults.add("METHOD")
            if rng.random() < 0.2:
                info.extra = struct.pack("<HH", 0x4246, 8) + b"ZZZZZZZZ"
            if rng.random() < 0.2:
                info.comment = b"PK\1\2 a comment"
            with archive.open(info, "w", force_zip64=rng.random() < 0.4) as member:
                member.write(random_content(rng))
        if rng.random() < 0.3:
            archive.comment = rng.choice((b"hello", b"x" * 65535, b"PK\3\4 PK\1\2 PK\6\6"))
    data = bytes(file.data) if streamed else file.getvalue()
    if rng.random() < 0.2:
        data = with_zip64_end(data)
    if rng.random() < 0.1:
        data = rng.choice((b"#!/bin/sh\n", bytes(1000), b"PK\3\4")) + data
        faults.add("PREFIX")
    return data, faults


def end_of(data):
    """Where the end record begins."""
    return max(at for at in (match.start() for match in re.finditer(b"PK\5\6", data))
               if struct.unpack_from("<H", data, at + 20)[0] == len(data) - at - 22)


def with_zip64_end(data):
    at = end_of(data)
    count, size, offset = struct.unpack_from("<HII", data, at + 10)
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    return data[:at] + record + struct.pack("<4sIQI", b"PK\6\7", 0, at, 1) + data[at:]


# --- mutations ---------------------------------------------------------------------------------------------

# Records by their signature, and the places and sizes of their fields.
FIELDS = {
    b"PK\3\4": [(4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 1)],
    b"PK\1\2": [(6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (34, 2), (42, 4),
                (46, 1)],
    b"PK\5\6": [(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)],
    b"PK\6\6": [(4, 8), (16, 4), (20, 4), (24, 8), (32, 8), (40, 8), (48, 8)],
    b"PK\6\7": [(4, 4), (8, 8), (16, 4)],
    b"PK\7\x08": [(4, 4), (8, 4), (12, 4)],
}


def change_field(rng, data):
    places = [match.start() for match in re.finditer(b"PK(\3\4|\1\2|\5\6|\6\6|\6\7|\7\x08)", data)]
    if not places:
        return data
    place = rng.choice(places)
    offset, size = rng.choice(FIELDS[data[place:place + 4]])
    old = int.from_bytes(data[place + offset:place + offset + size], "little")
    mask = (1 << 8 * size) - 1
    new = rng.choice((0, 1, mask, old + 1, old - 1, old ^ (1 << rng.randrange(8 * size)), len(data), mask >> 1,
                      rng.choice(places))) & mask
    return data[:place + offset] + new.to_bytes(size, "little") + data[place + offset + size:]


def change_byte(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]


def cut(rng, data):
    return data[:rng.randrange(len(data))]


def insert(rng, data):
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:]


def delete(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randint(1, 8):]


def repeat(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + data[max(0, at - rng.randint(1, 100)):]


def add_behind(rng, data):
    return data + rng.choice((b"\0", b"\n", b"PK\5\6", b"PK\5\6" + bytes(18), rng.randbytes(30)))


MUTATIONS = (change_field, change_field, change_field, change_byte, change_byte, cut, insert, delete, repeat,
             add_behind)


def mutate(rng, data):
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if data:
            data = rng.choice(MUTATIONS)(rng, data)
    return data


# --- comparing ---------------------------------------------------------------------------------------------


class Comparison:
    def __init__(self):
        self.stricter = collections.Counter()  # what we refuse and zipfile reads
        self.laxer = collections.Counter()
        self.same = 0
        self.wrong = []

    def complain(self, what, data):
        if len(self.wrong) < 5:
            self.wrong.append("%s: %s" % (what, data.hex() if len(data) < 600 else "%d bytes" % len(data)))

    def member(self, index, ours, mine, other, data):
        """A member that is in both lists: the same facts, and the same bytes."""
        if mine[:3] != other[:3]:
            self.complain("#%d is %r, not %r" % (index, mine[:3], other[:3]), data)
        elif isinstance(mine[3], bytes) and isinstance(other[3], bytes):
            self.same += 1
            if mine[3] != other[3]:
                self.complain("#%d: other bytes" % index, data)
        elif isinstance(other[3], bytes):
            self.refused(ours.refusals(index), data)
        elif isinstance(mine[3], bytes) and not str(other[3]).startswith(LAX):
            self.complain("#%d is read, but zipfile says: %r" % (index, other[3]), data)
        elif isinstance(mine[3], bytes):
            self.laxer[re.sub(r"\d+|'.*'", "N", str(other[3]))] += 1

    def only_ours(self, ours, exception, data):
        """An archive that zipfile refuses as a whole."""
        for start, faults in OF_A_MEMBER.items():
            if str(exception).startswith(start) and faults & {fault for fault, _, _ in ours.complaints}:
                return
        self.laxer[re.sub(r"\d+|'.*'", "N", str(exception))] += 1
        if not str(exception).startswith(LAX):
            self.complain("is read, but zipfile says: %r" % exception, data)

    def refused(self, faults, data):
        if faults:
            self.stricter[faults[0]] += 1
        else:
            self.complain("refused, but nothing is said of it", data)

    def add(self, data):
        ours, other = Ours(data), theirs(data)
        if not ours.checked:
            self.complain("archive_check fails", data)
        if ours.members is None:
            if not ours.refusals(WHOLE):
                self.complain("refused, but nothing is said of it", data)
            elif not isinstance(other, Exception):
                self.refused(ours.refusals(WHOLE), data)
        elif isinstance(other, Exception):
            self.only_ours(ours, other, data)
        elif len(ours.members) != len(other):
            self.complain("%d members, not %d" % (len(ours.members), len(other)), data)
        else:
            for index, (mine, yours) in enumerate(zip(ours.members, other)):
                self.member(index, ours, mine, yours, data)
        return ours


def test_generated(rng):
    comparison, archives = Comparison(), []
    for _ in range(GENERATED):
        data, faults = random_archive(rng)
        archives.append(data)
        ours = comparison.add(data)
        told = {fault for fault, _, _ in ours.complaints}
        if told != faults:
            comparison.complain("faults are %s, not %s" % (sorted(told), sorted(faults)), data)
    check(not comparison.wrong, "%d archives as zipfile writes them (%d members), seed %d"
          % (GENERATED, comparison.same, SEED), *comparison.wrong)
    check(set(comparison.stricter) <= {"METHOD"}, "none of those is refused, but for methods that are not read",
          comparison.stricter)
    return archives


def test_mutated(rng, archives):
    comparison = Comparison()
    small = [data for data in archives if len(data) < 20000]
    for _ in range(MUTATED):
        comparison.add(mutate(rng, rng.choice(small)))
    check(not comparison.wrong, "%d mutated archives (%d members that both read), seed %d"
          % (MUTATED, comparison.same, SEED), *comparison.wrong)
    print("# what zipfile reads and we refuse, by the fault that we name:")
    for fault, count in sorted(comparison.stricter.items()):
        print("#   %-16s %5d" % (fault, count))
    print("# what we read and zipfile refuses:", dict(comparison.laxer))
    check(len(comparison.stricter) > 10, "what is refused is refused for many reasons", comparison.stricter)


def main():
    warnings.simplefilter("ignore")
    rng = random.Random(SEED)
    test_mutated(rng, test_generated(rng))
    end()


main()
