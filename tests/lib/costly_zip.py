"""Small zip archives that could cost much: rows for tests/oracle/costly.py, each a name and a function of a path."""

import io
import struct
import zipfile
import zlib

MOST = 1000 * 1000  # bytes that a file may have


def npy(descr, shape, header=0):
    """The start of a .npy file; `header` pads it to so many characters."""
    text = ("{'descr': '%s', 'fortran_order': False, 'shape': %r, }" % (descr, shape)).encode()
    text += b" " * max(-(len(text) + 11) % 64, header - len(text) - 1) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text


def deflate(*pieces):
    """Raw deflate of pieces: bytes, or (bytes, how often)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    packed = bytearray()
    for piece in pieces:
        data, times = piece if isinstance(piece, tuple) else (piece, 1)
        for _ in range(times):
            packed += packer.compress(data)
    return bytes(packed + packer.flush())


def local(name, method, crc, packed, size, extra=b""):
    facts = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, method, 0, 33, crc, packed, size, len(name), len(extra))
    return facts + name + extra


def entry(name, method, crc, packed, size, offset, extra=b"", comment=b""):
    return struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, method, 0, 33, crc, packed, size, len(name), len(extra),
                       len(comment), 0, 0, 0, offset) + name + extra + comment


def end(count, size, offset, comment=b""):
    count = min(count, 65535)
    return struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, offset, len(comment)) + comment


def zip64_end(count, size, offset, place):
    return struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset) + struct.pack(
        "<4sIQI", b"PK\6\7", 0, place, 1)


def archive(path, members, entries, comment=b""):
    """`entries` by hand behind `members`, which are bytes."""
    directory = b"".join(entries)
    with open(path, "wb") as file:
        file.write(members + directory + end(len(entries), len(directory), len(members), comment))


def archive_of(path, members):
    """Members as (name, method, packed, size, CRC)."""
    body, entries = io.BytesIO(), []
    for name, method, packed, size, crc in members:
        entries.append(entry(name, method, crc, len(packed), size, body.tell()))
        body.write(local(name, method, crc, len(packed), size) + packed)
    archive(path, body.getvalue(), entries)


# --- one piece for many members ----------------------------------------------------------------------------


def one_piece(path):
    """Each entry of thousands is the same 100 MB, deflated."""
    start = npy("|u1", (100 << 20,))
    packed = deflate(start, (bytes(1 << 20), 100))
    facts = 8, 0, len(packed), len(start) + (100 << 20)
    archive(path, local(b"a", *facts) + packed,
            [entry(b"%05d" % i, *facts, 0) for i in range((MOST - len(packed)) // 51 - 1)])


def quoted(path):
    """Each member's deflated data quote the local headers of all that follow, and then are theirs: a zip bomb's way."""
    start = npy("|u1", (1 << 20,))
    kernel, size = deflate(start, bytes(1 << 20)), len(start) + (1 << 20)
    entries = []
    body = local(b"z", 8, 0, len(kernel), size) + kernel
    places = [(b"z", len(kernel), size, len(body))]
    while len(body) < 300000:
        quote = body[:30 + 1]
        packed = struct.pack("<BHH", 0, len(quote), len(quote) ^ 0xffff) + body
        size += len(quote)
        body = local(b"m", 8, 0, len(packed), size) + packed
        places.append((b"m", len(packed), size, len(body)))
    for name, packed_size, unpacked, reach in places:
        entries.append(entry(name, 8, 0, packed_size, unpacked, len(body) - reach))
    archive(path, body, entries)


# --- names and fields --------------------------------------------------------------------------------------


def long_names(path):
    archive_of(path, [(b"%d" % i + b"n" * 65000, 0, b"", 0, 0) for i in range(7)])


def long_names_of_another_page(path):
    """Each byte is three of UTF-8, and then six when it is escaped."""
    archive_of(path, [(b"%d" % i + b"\xb1" * 65000, 0, b"", 0, 0) for i in range(7)])


def unprintable_names(path):
    archive_of(path, [(b"%d" % i + b"\1" * 65000, 0, b"", 0, 0) for i in range(7)])


def alike_names(path):
    """They differ in their last bytes only: what sorting and searching take longest for."""
    archive_of(path, [(b"s" * 800 + b"%04d" % i, 0, b"", 0, 0) for i in range(550)])


def same_names(path):
    archive_of(path, [(b"s", 0, b"", 0, 0)] * 10000)


def deep_names(path):
    archive_of(path, [(b"a/" * 400 + b"%04d" % i, 0, b"", 0, 0) for i in range(550)])


def many_fields(path):
    """Extra fields of no bytes, 16,000 of each entry."""
    extra = struct.pack("<HH", 7, 0) * 16000
    archive(path, local(b"a", 0, 0, 0, 0), [entry(b"a", 0, 0, 0, 0, 0, extra) for _ in range(15)])


def signatures(path):
    """A comment of end records' signatures, and of whole ones."""
    archive(path, local(b"a", 0, 0, 0, 0), [entry(b"a", 0, 0, 0, 0, 0)], b"PK\5\6" * 16000)


def end_records(path):
    """Each of them could be the end: its comment reaches to the file's end."""
    ends, size = b"", 0
    while len(ends) < 65000:
        ends = end(1, 47, 31, ends)
        size += 22
    with open(path, "wb") as file:
        file.write(local(b"a", 0, 0, 0, 0) + entry(b"a", 0, 0, 0, 0, 0) + ends)


# --- many members ------------------------------------------------------------------------------------------


def many(path):
    archive_of(path, [(b"%d" % i, 0, b"", 0, 0) for i in range(9000)])


def many_arrays(path):
    start = npy("<i2", (1,)) + b"ab"
    archive_of(path, [(b"%d.npy" % i, 0, start, len(start), zlib.crc32(start)) for i in range(4000)])


def long_headers(path):
    """Headers as long as is read, which deflate to next to nothing."""
    start = npy("<i2", (1,), 9990) + b"ab"
    packed, crc = deflate(start), zlib.crc32(start)
    archive_of(path, [(b"%d" % i, 8, packed, len(start), crc) for i in range(min(9000, MOST // (len(packed) + 90)))])


def long_types(path):
    """The same, with as many fields as go into a header."""
    fields = ", ".join("('f%d', '<i2')" % i for i in range(560))
    text = ("{'descr': [%s], 'fortran_order': False, 'shape': (1,), }" % fields).encode() + b"\n"
    start = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + bytes(1120)
    packed, crc = deflate(start), zlib.crc32(start)
    archive_of(path, [(b"%d" % i, 8, packed, len(start), crc) for i in range(min(9000, MOST // (len(packed) + 90)))])


# --- sizes -------------------------------------------------------------------------------------------------


def bombs(path):
    """Two of half a GB each."""
    start = npy("|u1", (500 << 20,))
    packed, size = deflate(start, (bytes(1 << 20), 500)), len(start) + (500 << 20)
    crc = zlib.crc32(start)
    for _ in range(500):
        crc = zlib.crc32(bytes(1 << 20), crc)
    archive_of(path, [(b"a", 8, packed, size, crc), (b"b", 8, packed, size, crc)])


def lying_bomb(path):
    """It unpacks to far more than it says."""
    start = npy("|u1", (1000,))
    archive_of(path, [(b"a", 8, deflate(start, (bytes(1 << 20), 900)), len(start) + 1000, 0)])


def lying_sizes(path):
    """Some petabytes, stored and deflated, of a handful of bytes."""
    start = npy("|u1", (1 << 52,))
    for method in 0, 8:
        packed = deflate(start) if method else start
        extra = struct.pack("<HHQQ", 1, 16, len(start) + (1 << 52), (1 << 52) if method == 0 else len(packed))
        facts = method, 0, 0xffffffff, 0xffffffff
        archive(path, local(b"a", *facts, extra) + packed, [entry(b"a", *facts, 0, extra)])


def lying_counts(path):
    """2**63 members, by the end record, in a directory that would take all memory."""
    body = local(b"a", 0, 0, 0, 0)
    directory = entry(b"a", 0, 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(body + directory + zip64_end(2**63, 2**63, len(body), len(body + directory)) +
                   end(65535, 0xffffffff, 0xffffffff))


def miscounted(path):
    body = local(b"a", 0, 0, 0, 0)
    directory = entry(b"a", 0, 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(body + directory + zip64_end(2**62, len(directory), len(body), len(body + directory)) +
                   end(65535, len(directory), len(body)))


# --- torch's -----------------------------------------------------------------------------------------------


def many_storages(path):
    """A pickle that asks for the same storage 30,000 times, in an archive of thousands."""
    identity = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01tQ"
    data = b"\x80\x02](" + identity * 8000 + b"e."
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x/data.pkl", data)
        for i in range(4500):
            file.writestr("x/data/%d" % i, b"abcd")


def deflated_pickle(path, *pieces):
    packed = deflate(*pieces)
    size = sum(len(piece[0]) * piece[1] if isinstance(piece, tuple) else len(piece) for piece in pieces)
    archive_of(path, [(b"x/data.pkl", 8, packed, size, zlib.crc32(zlib.decompress(packed, -15)))])


def unpacked_lists(path):
    """Five million empty lists, in five kilobytes."""
    deflated_pickle(path, b"\x80\4](", (b"]" * 100000, 50), b"e.")


def unpacked_opcodes(path):
    """Thirty million that do nothing."""
    deflated_pickle(path, b"\x80\4(", (b"N0" * 100000, 150), b"l.")


def unpacked_numbers(path):
    deflated_pickle(path, b"\x80\4](", (b"K\1" * 100000, 300), b"e.")


def unpacked_bytes(path):
    """One object of 300 MB."""
    deflated_pickle(path, b"\x80\4B" + struct.pack("<I", 300 << 20), (bytes(1 << 20), 300), b".")


def unpacked_keys(path):
    """An array of objects: a dict whose keys are one long text."""
    data = npy("|O", ()) + b"\x80\4X" + struct.pack("<I", 50000) + b"k" * 50000 + b"\x940}(" + b"h\0N" * 15000 + b"u."
    packed = deflate(data)
    archive_of(path, [(b"a.npy", 8, packed, len(data), zlib.crc32(data))])


def packed_objects(path, *pieces):
    packed = deflate(npy("|O", ()), *pieces)
    data = zlib.decompress(packed, -15)
    archive_of(path, [(b"a.npy", 8, packed, len(data), zlib.crc32(data))])


def unpacked_texts(path):
    """68 MB of text, and no trick to it."""
    packed_objects(path, b"\x80\4](", (b"X" + struct.pack("<I", 1000) + b"some text " * 100, 68000), b"e.")


def unpacked_short_texts(path):
    packed_objects(path, b"\x80\4](", (b"\x8c\x7f" + b"y" * 127, 520000), b"e.")


def judged_texts(path):
    """100 MB, which are judged only."""
    texts = (b"X" + struct.pack("<I", 1000) + b"%06d" % (i * 7919 % 999983) + b"." * 994 for i in range(100000))
    packed_objects(path, b"\x80\4](", *texts, b"e.")


KINDS = [one_piece, quoted, long_names, long_names_of_another_page, unprintable_names, alike_names, same_names,
         deep_names, many_fields, signatures, end_records, many, many_arrays, long_headers, long_types, bombs,
         lying_bomb, lying_sizes, lying_counts, miscounted, many_storages, unpacked_lists, unpacked_opcodes,
         unpacked_numbers, unpacked_bytes, unpacked_keys, unpacked_texts, unpacked_short_texts, judged_texts]
