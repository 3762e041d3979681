"""What the lints share: TAP, the tables of src/ (X-macro rows), and the manual's text."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANUAL = ROOT / "man" / "mview-inspect.1"
count = failures = 0


def program():
    """The program, as tests are told where it is."""
    return os.environ.get("MVIEW", str(ROOT / "build" / "mview-inspect"))


def ask(*arguments):
    """What the program prints."""
    return subprocess.run([program(), *arguments], stdout=subprocess.PIPE, check=True, text=True).stdout


PROGRAM = os.path.abspath(program())  # before a test goes elsewhere


def run(*arguments, stdin=b""):
    """The program's exit status and what it says on its two streams; one that never ends is a failure."""
    process = subprocess.run([PROGRAM, *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             check=False, timeout=60)
    return process.returncode, process.stdout, process.stderr.decode()


def check(ok, what, *details):
    """One test; `details` say why it failed."""
    global count, failures
    count += 1
    failures += not ok
    print(f"{'' if ok else 'not '}ok {count} - {what}")
    for detail in details if not ok else ():
        print("\n".join("# " + line for line in str(detail).splitlines()))


def check_same(actual, expected, what):
    """Two lists (or sets) of names agree."""
    extra = [name for name in actual if name not in expected]
    lacking = [name for name in expected if name not in actual]
    details = [f"{label}: {' '.join(map(str, names))}" for label, names in
               (("lacks", lacking), ("has, but should not", extra)) if names]
    if not details and list(actual) != list(expected) and not isinstance(actual, (set, frozenset)):
        details = [f"in another order: {' '.join(map(str, actual))}",
                   f"     rather than: {' '.join(map(str, expected))}"]
    check(not details, what, *details)


def skip(what, why):
    global count
    count += 1
    print(f"ok {count} - {what} # SKIP {why}")


def end():
    print(f"1..{count}")
    sys.exit(failures != 0)


def rows(path, *macros):
    """The rows MACRO(a, b, ...) of a .def file: (macro, [arguments]), with strings joined and unquoted."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / path).read_text(), flags=re.S)
    found = []
    for match in re.finditer(r"\b(%s)\(" % "|".join(macros), text):
        found.append((match[1], arguments(text, match.end())))
    return found


TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[(),]|[^\s"\'(),]+|\s+')


def arguments(text, at):
    values, tokens, depth = [], [], 0
    while True:
        token = TOKEN.match(text, at)[0]
        at += len(token)
        if depth == 0 and token in (",", ")"):
            values.append(value(tokens))
            tokens = []
            if token == ")":
                return values
            continue
        depth += (token == "(") - (token == ")")
        if not token.isspace():
            tokens.append(token)


def value(tokens):
    if tokens and all(token.startswith('"') for token in tokens):
        return "".join(re.sub(r"\\(.)", lambda escape: {"n": "\n"}.get(escape[1], escape[1]), token[1:-1]) for token in tokens)
    if len(tokens) == 1 and tokens[0].startswith("'"):
        return tokens[0][1:-1]
    return "".join(tokens)


def tracked():
    """The files of the project: those that git knows, or, without git, all but what is built."""
    command = ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*")
                 if not {"build", ".git", "__pycache__"} & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in paths if path.is_file())


def sections():
    """The manual's sections, sub-sections too: title -> its lines of mdoc."""
    found, title = {}, None
    for line in MANUAL.read_text().splitlines():
        if line.startswith((".Sh ", ".Ss ")):
            title = line[4:].strip()
            found[title] = []
        elif title:
            found[title].append(line)
    return found


def plain(mdoc):
    """A piece of mdoc without its escapes."""
    for escape, text in ((r"\e", "\\"), (r"\(aq", "'"), (r"\(dq", '"'), (r"\&", ""), (r"\-", "-")):
        mdoc = mdoc.replace(escape, text)
    return mdoc
