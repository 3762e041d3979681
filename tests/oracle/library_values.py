"""Values of the standard library, and containers of it, as they are shown against what repr writes."""

import base64
import collections
import datetime
import decimal
import fractions
import io
import ipaddress
import json
import os
import pathlib
import pickle
import re
import subprocess
import sys
import types
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import check, end, program  # noqa: E402

try:
    import zoneinfo
    ZONES = [zoneinfo.ZoneInfo("UTC")]
except (ImportError, OSError):  # a Python or a machine without the data
    ZONES = []

PROGRAM = os.path.abspath(program())
MAX_SHOWN = 160


class Outer:
    class Inner:
        def __init__(self, part):
            self.part = part

    class Words(list):
        pass


class Keyworded:
    def __new__(cls, *arguments, **keywords):
        return object.__new__(cls)

    def __getnewargs_ex__(self):
        return (1,), {"k": 2}


class Table(dict):
    pass


class Pair(tuple):
    pass


class Number(float):
    pass


def moments():
    zones = [None, datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=-3, minutes=30)),
             datetime.timezone(datetime.timedelta(0)), datetime.timezone(datetime.timedelta(hours=1), "CET"), *ZONES]
    for zone in zones:
        for second, microsecond in ((0, 0), (5, 0), (0, 6), (59, 999999)):
            for fold in (0, 1):
                yield datetime.datetime(2020, 12, 31, 23, 0, second, microsecond, tzinfo=zone, fold=fold)
                yield datetime.time(0, 59, second, microsecond, tzinfo=zone, fold=fold)
    yield from filter(None, zones)
    yield from (datetime.date.min, datetime.date.max, datetime.datetime.min, datetime.datetime.max)
    yield from (datetime.timedelta(), datetime.timedelta.min, datetime.timedelta.max, datetime.timedelta(0, 0, 7),
                datetime.timedelta(days=-1, seconds=3))


def values():
    yield from moments()
    yield from map(decimal.Decimal, ("1.50", "NaN", "-Infinity", "1E+400", "0", "-0.00"))
    yield from (fractions.Fraction(1, 3), fractions.Fraction(-7), fractions.Fraction(10 ** 30, 7))
    yield from map(uuid.UUID, (bytes(16).hex(), "ff" * 16, uuid.uuid4().hex, "7" + "f" * 15 + "8" * 16))
    for parts in ((), ("a",), ("/",), ("/", "a", "b"), ("..", "x y"), ("a'b\n",), ("\u00e9",)):
        yield from (pathlib.PurePosixPath(*parts), pathlib.PosixPath(*parts))
    yield from (pathlib.PureWindowsPath("c:/", "a", "b.txt"), pathlib.PureWindowsPath("a\\b"))
    yield from (1 + 2j, -0.0j, complex(-0.0, 3), complex(1e300, float("nan")), complex(0, float("-inf")), 5j)
    yield from (range(3), range(1, 9, 2), range(5, -5, -1), range(2 ** 70), slice(1), slice(None, "a", 2.5))
    yield from (re.compile("a+"), re.compile(b"a+", re.I), re.compile("'\n", re.M | re.S | re.X), re.compile("x", re.A))
    yield from map(ipaddress.ip_address, ("127.0.0.1", "255.254.253.0", "::", "::1", "2001:db8::5:0:1", "ff02::1"))
    yield ipaddress.ip_network("10.0.0.0/8")
    yield type(None)


def dumped(value, protocol, pure):
    if not pure:
        return pickle.dumps(value, protocol)
    out = io.BytesIO()
    pickle._Pickler(out, protocol).dump(value)
    return out.getvalue()


def show(content, *arguments):
    process = subprocess.run([PROGRAM, "-t", "pickle", *arguments, "-"], input=content, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
    return process.returncode, process.stdout.decode(), process.stderr.decode()


def members(content, *arguments):
    code, out, err = show(content, "-j", *arguments)
    return (json.loads(out)["members"], err) if code == 0 else ([], err)


def same(note, text):
    if len(text.encode()) <= MAX_SHOWN:
        return note == text
    return note.endswith("...") and text.startswith(note[:-3])


def test_values():
    everything = list(values())
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for pure in (False, True):
            content = dumped(everything, protocol, pure)
            rows, err = members(content)
            wrong = ["%s, not %s" % (row["note"], repr(value)) for row, value in zip(rows, pickle.loads(content))
                     if not same(row["note"] or "", repr(value))]
            if len(rows) != len(everything):
                wrong.append("%d of %d rows: %s" % (len(rows), len(everything), err))
            check(not wrong, "values as repr writes them, protocol %d, %s" % (protocol, "pickle.py" if pure else "C"),
                  *wrong[:10])


CONTAINERS = {
    "set": ({1, 2, 3}, {"0": "1", "1": "2", "2": "3"}),
    "none": (set(), {}),
    "frozen": (frozenset([7]), {"0": "7"}),
    "words": (Outer.Words(["x", "y"]), {"0": "'x'", "1": "'y'"}),
    "table": (Table(a=1, b=None), {"a": "1", "b": "None"}),
    "pair": (Pair((5, 6)), {".args/0": "2 members", ".args/0/0": "5", ".args/0/1": "6"}),
    "number": (Number(1.5), {".args/0": "1.5"}),
    "inner": (Outer.Inner(9), {"part": "9"}),
    "space": (types.SimpleNamespace(b=2), {"b": "2"}),
    "counter": (collections.Counter("aab"), {"a": "2", "b": "1"}),
    "ordered": (collections.OrderedDict(z=1, a=2), {"z": "1", "a": "2"}),
    "default": (collections.defaultdict(list, k=3), {"k": "3", ".args/0": "builtins.list"}),
    "deque": (collections.deque([1, 2]), {"0": "1", "1": "2"}),
    "bounded": (collections.deque([1, 2], 5), {"0": "1", "1": "2", ".args/0": "0 members", ".args/1": "5"}),
}
TYPES = {"set": "set", "none": "set", "frozen": "frozenset", "counter": "collections.Counter",
         "deque": "collections.deque", "bounded": "collections.deque", "ordered": "collections.OrderedDict",
         "default": "collections.defaultdict", "words": "__main__.Outer.Words", "table": "__main__.Table",
         "pair": "__main__.Pair", "number": "__main__.Number", "inner": "__main__.Outer.Inner",
         "space": "types.SimpleNamespace"}


def test_containers():
    content = {name: value for name, (value, _) in CONTAINERS.items()}
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        rows, err = members(pickle.dumps(content, protocol), "-R")
        wrong = [] if rows else [err]
        types_shown = {row["name"]: row["type"] for row in rows}
        for name, (_, parts) in CONTAINERS.items():
            shown = {row["name"][len(name) + 1:]: row["note"].replace("__builtin__", "builtins")
                     for row in rows if row["name"].startswith(name + "/")}
            if shown != parts and not (name == "pair" and shown == {".args/0": "5", ".args/1": "6"}):
                wrong.append("%s: %s" % (name, shown))
            if types_shown.get(name) != TYPES[name]:
                wrong.append("%s: type %s" % (name, types_shown.get(name)))
        check(not wrong, "containers, protocol %d" % protocol, *wrong)
        code, out, err = show(pickle.dumps(content, protocol), "-m", "inner/part")
        check(code == 0 and "value         9\n" in out, "a member of a class within a class, protocol %d" % protocol,
              out, err)


# What Python 2.7 writes of [datetime, date, time, timedelta, Decimal, Fraction, 1+2j, xrange(1, 9, 2), slice(1),
# {1}, deque([1, 2], 5), Counter('aab'), OrderedDict(a=1), array('i', [7]), 'caf\xe9', u'caf\xe9', 3L,
# an old-style instance with a = 1]
PYTHON2 = {
    0: (b"KGxwMApjZGF0ZXRpbWUKZGF0ZXRpbWUKcDEKKFMnXHgwN1x4ZTRceDBjXHgxZlx4MTc7Olx4MGZCPycKcDIKdHAzClJwNAphY2Rh"
        b"dGV0aW1lCmRhdGUKcDUKKFMnXHgwN1x4ZTRceDAyXHgxZCcKcDYKdHA3ClJwOAphY2RhdGV0aW1lCnRpbWUKcDkKKFMnXHgwMVx4"
        b"MDJceDAzXHgwMFx4MDBceDAwJwpwMTAKdHAxMQpScDEyCmFjZGF0ZXRpbWUKdGltZWRlbHRhCnAxMwooSS0xCkk1CkkwCnRwMTQK"
        b"UnAxNQphY2RlY2ltYWwKRGVjaW1hbApwMTYKKFMnMS41MCcKcDE3CnRwMTgKUnAxOQphY2ZyYWN0aW9ucwpGcmFjdGlvbgpwMjAK"
        b"KFMnMS8zJwpwMjEKdHAyMgpScDIzCmFjX19idWlsdGluX18KY29tcGxleApwMjQKKEYxLjAKRjIuMAp0cDI1ClJwMjYKYWNfX2J1"
        b"aWx0aW5fXwp4cmFuZ2UKcDI3CihJMQpJOQpJMgp0cDI4ClJwMjkKYWNfX2J1aWx0aW5fXwpzbGljZQpwMzAKKE5JMQpOdHAzMQpS"
        b"cDMyCmFjX19idWlsdGluX18Kc2V0CnAzMwooKGxwMzQKSTEKYXRwMzUKUnAzNgphY2NvbGxlY3Rpb25zCmRlcXVlCnAzNwooKGxw"
        b"MzgKSTEKYUkyCmFJNQp0cDM5ClJwNDAKYWNjb2xsZWN0aW9ucwpDb3VudGVyCnA0MQooKGRwNDIKUydhJwpwNDMKSTIKc1MnYicK"
        b"cDQ0CkkxCnN0cDQ1ClJwNDYKYWNjb2xsZWN0aW9ucwpPcmRlcmVkRGljdApwNDcKKChscDQ4CihscDQ5Cmc0MwphSTEKYWF0cDUw"
        b"ClJwNTEKYWNhcnJheQphcnJheQpwNTIKKFMnaScKcDUzCihscDU0Ckk3CmF0cDU1ClJwNTYKYVMnY2FmXHhlOScKcDU3CmFWY2Fm"
        b"6QpwNTgKYUwzTAphKGlfX21haW5fXwpPbGQKcDU5CihkcDYwCmc0MwpJMQpzYmEu"),
    1: (b"XXEAKGNkYXRldGltZQpkYXRldGltZQpxAShVCgfkDB8XOzoPQj9xAnRxA1JxBGNkYXRldGltZQpkYXRlCnEFKFUEB+QCHXEGdHEH"
        b"UnEIY2RhdGV0aW1lCnRpbWUKcQkoVQYBAgMAAABxCnRxC1JxDGNkYXRldGltZQp0aW1lZGVsdGEKcQ0oSv////9LBUsAdHEOUnEP"
        b"Y2RlY2ltYWwKRGVjaW1hbApxEChVBDEuNTBxEXRxElJxE2NmcmFjdGlvbnMKRnJhY3Rpb24KcRQoVQMxLzNxFXRxFlJxF2NfX2J1"
        b"aWx0aW5fXwpjb21wbGV4CnEYKEc/8AAAAAAAAEdAAAAAAAAAAHRxGVJxGmNfX2J1aWx0aW5fXwp4cmFuZ2UKcRsoSwFLCUsCdHEc"
        b"UnEdY19fYnVpbHRpbl9fCnNsaWNlCnEeKE5LAU50cR9ScSBjX19idWlsdGluX18Kc2V0CnEhKF1xIksBYXRxI1JxJGNjb2xsZWN0"
        b"aW9ucwpkZXF1ZQpxJShdcSYoSwFLAmVLBXRxJ1JxKGNjb2xsZWN0aW9ucwpDb3VudGVyCnEpKH1xKihVAWFxK0sCVQFicSxLAXV0"
        b"cS1ScS5jY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcS8oXXEwXXExKGgrSwFlYXRxMlJxM2NhcnJheQphcnJheQpxNChVAWlxNV1x"
        b"NksHYXRxN1JxOFUEY2Fm6XE5WAUAAABjYWbDqXE6TDNMCihjX19tYWluX18KT2xkCnE7b3E8fXE9aCtLAXNiZS4="),
    2: (b"gAJdcQAoY2RhdGV0aW1lCmRhdGV0aW1lCnEBVQoH5AwfFzs6D0I/cQKFcQNScQRjZGF0ZXRpbWUKZGF0ZQpxBVUEB+QCHXEGhXEH"
        b"UnEIY2RhdGV0aW1lCnRpbWUKcQlVBgECAwAAAHEKhXELUnEMY2RhdGV0aW1lCnRpbWVkZWx0YQpxDUr/////SwVLAIdxDlJxD2Nk"
        b"ZWNpbWFsCkRlY2ltYWwKcRBVBDEuNTBxEYVxElJxE2NmcmFjdGlvbnMKRnJhY3Rpb24KcRRVAzEvM3EVhXEWUnEXY19fYnVpbHRp"
        b"bl9fCmNvbXBsZXgKcRhHP/AAAAAAAABHQAAAAAAAAACGcRlScRpjX19idWlsdGluX18KeHJhbmdlCnEbSwFLCUsCh3EcUnEdY19f"
        b"YnVpbHRpbl9fCnNsaWNlCnEeTksBTodxH1JxIGNfX2J1aWx0aW5fXwpzZXQKcSFdcSJLAWGFcSNScSRjY29sbGVjdGlvbnMKZGVx"
        b"dWUKcSVdcSYoSwFLAmVLBYZxJ1JxKGNjb2xsZWN0aW9ucwpDb3VudGVyCnEpfXEqKFUBYXErSwJVAWJxLEsBdYVxLVJxLmNjb2xs"
        b"ZWN0aW9ucwpPcmRlcmVkRGljdApxL11xMF1xMShoK0sBZWGFcTJScTNjYXJyYXkKYXJyYXkKcTRVAWlxNV1xNksHYYZxN1JxOFUE"
        b"Y2Fm6XE5WAUAAABjYWbDqXE6igEDKGNfX21haW5fXwpPbGQKcTtvcTx9cT1oK0sBc2JlLg=="),
}
PYTHON2_NOTES = [
    "datetime.datetime(2020, 12, 31, 23, 59, 58, 999999)", "datetime.date(2020, 2, 29)", "datetime.time(1, 2, 3)",
    "datetime.timedelta(days=-1, seconds=5)", "Decimal('1.50')", "Fraction(1, 3)", "(1+2j)", "range(1, 9, 2)",
    "slice(None, 1, None)", "1 member", "3 members", "2 members", "1 member", None, None, "'caf\u00e9'", "3",
    "1 member"]


def test_keywords():
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        rows, err = members(pickle.dumps([Keyworded()], protocol), "-R")
        shown = [(row["name"], row["type"], row["note"]) for row in rows]
        check(shown == [("0", "__main__.Keyworded", "2 members"), ("0/.args/0", "int", "1"), ("0/.kwargs/k", "int", "2")],
              "made with keywords, protocol %d" % protocol, shown, err)


def test_texts():
    rows, err = members(pickle.dumps(["a\0b", "\0", "x" * 200]))
    notes = [row["note"] for row in rows]
    check(notes == ["'a\\x00b'", "'\\x00'", "'%s...'" % ("x" * 160)], "texts with NUL, and long ones", notes, err)


def test_python2():
    for protocol, text in PYTHON2.items():
        rows, err = members(base64.b64decode(text))
        notes = [row["note"] for row in rows]
        check(notes == PYTHON2_NOTES, "what Python 2 writes, protocol %d" % protocol, notes, err)


def test_broken():
    """What is no such value is shown by its parts."""
    for what, content in (("month 13", b"\x80\4cdatetime\ndate\nC\4\x07\xe4\x0d\x01\x85R."),
                          ("hour 24", b"\x80\4cdatetime\ntime\nC\6\x18\0\0\0\0\0\x85R."),
                          ("a short datetime", b"\x80\4cdatetime\ndatetime\nC\3abc\x85R."),
                          ("a timedelta of texts", b"\x80\4cdatetime\ntimedelta\n\x8c\1a\x85R."),
                          ("a timezone of a text", b"\x80\4cdatetime\ntimezone\n\x8c\1a\x85R."),
                          ("a fraction of words", b"\x80\4cfractions\nFraction\n\x8c\3a/b\x85R."),
                          ("a path of numbers", b"\x80\4cpathlib\nPosixPath\nK\1\x85R."),
                          ("a set of a number", b"\x80\4cbuiltins\nset\nK\1\x85R."),
                          ("a pattern with negative flags", b"\x80\4cre\n_compile\n\x8c\1aJ\xff\xff\xff\xff\x86R."),
                          ("an attribute of a value", b"\x80\4cbuiltins\ngetattr\nK\1\x8c\1a\x86R.")):
        rows, err = members(content)
        check(bool(rows) and rows[0]["name"] == ".args/0", "shown by its parts: " + what, rows, err)
    for what, content in (("a UUID of 200 bits", b"\x80\4cuuid\nUUID\n)\x81}\x8c\3int\x8a\x19" + b"\x7f" * 25 + b"sb."),
                          ("a negative UUID", b"\x80\4cuuid\nUUID\n)\x81}\x8c\3intJ\xff\xff\xff\xffsb.")):
        rows, err = members(content)
        check([row["name"] for row in rows] == ["int"], "shown by its parts: " + what, rows, err)


def main():
    test_values()
    test_containers()
    test_keywords()
    test_texts()
    test_python2()
    test_broken()
    end()


main()
