#!/usr/bin/env python3
"""options.def, --help, the manual and the three completions have the same options."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import ROOT, ask, check, check_same, end, rows, sections  # noqa: E402

LONG = r"--([a-z]+(?:-[a-z]+)*)"


def table():
    """Heading -> [(letter or "", name, argument, metavar, help)]."""
    found, heading = {}, None
    for macro, row in rows("src/options/options.def", "SECTION", "OPTION"):
        if macro == "SECTION":
            heading = row[0]
            found[heading] = []
        else:
            _, letter, name, argument, metavar, text = row
            found[heading].append((letter if letter != "0" else "", name, argument, metavar, text))
    return found


def spelled(letter, name):
    return f"-{letter}, --{name}" if letter else f"--{name}"


def check_help(options):
    """The help is written from the table: this sees that nothing is cut or glued together on the way."""
    text = ask("--help")
    for letter, name, argument, metavar, words in options:
        shown = {"NONE": "", "NEEDED": f" {metavar}", "OPTIONAL": f"[={metavar}]"}[argument]
        row = re.compile(r"^ *" + re.escape(spelled(letter, name) + shown) + r" +" + re.escape(words) + "$", re.M)
        if not row.search(text):
            check(False, f"--help has --{name}", text)
            return
    check(True, "--help has a row for each option")
    check_same(set(re.findall(r"^ *(?:-\w, )?" + LONG, text, re.M)), {name for _, name, *_ in options},
               "--help has no other option")
    check(max(map(len, text.splitlines())) <= 120, "--help has no line longer than 120 characters")


def manual_options(lines):
    """(letter, name, argument) of each option that a part of the manual describes."""
    found = []
    for line in lines:
        match = re.match(r"\.It Fl (?:(\w) , Fl )?-([a-z-]+)(.*)", line)
        if match:
            rest = match[3].strip()
            argument = "NONE" if not rest else "OPTIONAL" if rest.startswith("Ns Op =") else "NEEDED"
            found.append((match[1] or "", match[2], argument))
    return found


def check_manual(groups):
    parts = sections()
    for heading, options in groups.items():
        title = heading.split(" (")[0]
        check(title in parts, f"the manual has a section '{title}'")
        check_same(manual_options(parts.get(title, [])), [option[:3] for option in options],
                   f"the manual's section '{title}' has its options, in order, with their arguments")
    described = [option for lines in parts.values() for option in manual_options(lines)]
    check(len(described) == sum(map(len, groups.values())), "the manual describes no option twice, and no other")


def check_words(where, found, options, index):
    """found: name -> help; the words are those of options.def."""
    wrong = [f"{name}: {found[name]!r} is not {option[index]!r}"
             for option in options for name in [option[1]] if name in found and found[name] != option[index]]
    check(not wrong, f"{where} describes the options as options.def does", *wrong)


def check_bash(options):
    text = (ROOT / "completions" / "mview-inspect").read_text()
    offered = re.search(r'compgen -W "(-e .*?)"', text, re.S)[1].split()
    check_same({word for word in offered if not word.startswith("--")},
               {f"-{letter}" for letter, *_ in options if letter}, "bash completes each letter, and no other")
    check_same({word for word in offered if word.startswith("--")},
               {f"--{name}" + ("=" if argument == "NEEDED" else "") for _, name, argument, *_ in options},
               "bash completes each long option, and no other")
    cases = re.search(r"case \$prev in\n(.*?)\n    esac", text, re.S)[1]
    taking = {word for label in re.findall(r"^ {8}(-[^)]*)\)$", cases, re.M) for word in re.findall(r"-[\w-]+", label)}
    needed = [(letter, name) for letter, name, argument, *_ in options if argument == "NEEDED"]
    check_same(taking, {f"--{name}" for _, name in needed} | {f"-{letter}" for letter, _ in needed if letter},
               "bash knows which options take an argument")


def unquote_zsh(word):
    """A zsh word of quoted pieces and plain ones, as the shell reads it."""
    return "".join(single if single else re.sub(r"\\([\\\"$`])", r"\1", double) if double else plain
                   for single, double, plain in re.findall(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|([^'\"]+)", word))


def check_zsh(options):
    text = (ROOT / "completions" / "_mview-inspect").read_text()
    found, words = set(), {}
    for line in text[text.index("_arguments -s"):].splitlines():
        line = unquote_zsh(line.strip().removesuffix(" \\"))
        match = re.search(r"(?:\{-(\w)\+?,)?--([a-z-]+?)(=?-?)\}?\[((?:[^\]\\]|\\.)*)\]", line)
        if match:
            argument = {"=": "NEEDED", "=-": "OPTIONAL", "": "NONE"}[match[3]]
            found.add((match[1] or "", match[2], argument))
            words[match[2]] = re.sub(r"\\(.)", r"\1", match[4])
    check_same(found, {option[:3] for option in options}, "zsh completes each option, with its letter and argument")
    check_words("zsh", words, options, 4)


def check_fish(options):
    text = (ROOT / "completions" / "mview-inspect.fish").read_text()
    found, words = set(), {}
    for line in re.findall(r"^complete -c mview-inspect (-[sl] .*)$", text, re.M):
        letter = re.search(r"(?<!\S)-s (\w)", line)
        name = re.search(r"(?<!\S)-l ([a-z-]+)", line)[1]
        description = re.search(r"(?<!\S)-d '((?:[^'\\]|\\.)*)'", line)
        argument = ("NEEDED" if re.search(r"(?<!\S)(-x|-r)(?!\S)", line) else
                    "OPTIONAL" if re.search(r"(?<!\S)-a ", line) else "NONE")
        found.add((letter[1] if letter else "", name, argument))
        if description:
            words[name] = re.sub(r"\\(.)", r"\1", description[1])
    check_same(found, {option[:3] for option in options}, "fish completes each option, with its letter and argument")
    check_same(set(words), {name for _, name, *_ in options}, "fish describes each option")
    check_words("fish", words, options, 4)


def check_types():
    """The types that completions offer for --format, and the manual names, are those of named.def and ordinary.def."""
    names = [row[0] for macro, row in rows("src/value/named.def", "FLOAT", "INTEGER", "COMPLEX", "ALIAS")
             if macro != "ALIAS"]
    names += [row[0] for _, row in rows("src/value/ordinary.def", "ORDINARY")]
    for name in ("mview-inspect", "_mview-inspect", "mview-inspect.fish"):
        text = (ROOT / "completions" / name).read_text()
        offered = re.search(r"\bbfloat16 float8_[a-z0-9_\s]*", text)[0].split()
        check_same(offered, names, f"completions/{name} offers every type for --format, and no other")
    manual = " ".join(sections()["ITEM TYPES"])
    missing = [name for name in names if not re.search(rf"(?<!\w){name}(?!\w)", manual)]
    check(not missing, "the manual names every type for --format", *missing)


def check_flags():
    """The requests that completions offer are those that the program knows."""
    names = {row[0] for _, row in rows("src/judge/request.def", "BASE", "ADDED", "COMPOUND")}
    for name in ("mview-inspect", "_mview-inspect", "mview-inspect.fish"):
        text = (ROOT / "completions" / name).read_text()
        offered = re.search(r"\bSIMPLE WRITABLE[A-Z_\s\\]*", text)[0].replace("\\", " ").split()
        check_same(set(offered), names, f"completions/{name} offers every flag of a request, and no other")
    manual = " ".join(sections()["REQUESTS"])
    missing = [name for name in names if not re.search(rf"(?<!\w){name}(?!\w)", manual)]
    check(not missing, "the manual names every flag of a request", *missing)


groups = table()
options = [option for group in groups.values() for option in group]
check(len(options) > 30, "options.def has rows")
check_help(options)
check_manual(groups)
check_bash(options)
check_zsh(options)
check_fish(options)
check_flags()
check_types()
end()
