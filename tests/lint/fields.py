#!/usr/bin/env python3
"""fields.def, --list-fields, the manual and the JSON objects have the same fields."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from house import ask, check, check_same, end, rows, sections  # noqa: E402

fields = [(name, text) for _, (name, _, _, _, text) in rows("src/report/fields.def", "FIELD")]
names = [name for name, _ in fields]
check(len(names) == len(set(names)) > 0, "each field has a name of its own")
check([tuple(line.split(None, 1)) for line in ask("--list-fields").splitlines()] == fields,
      "--list-fields has the rows of fields.def", ask("--list-fields"))

described = [match[1] for line in sections()["OUTPUT FIELDS"] for match in [re.match(r"\.It Cm (\S+)$", line)] if match]
check_same(described, names, "the manual's section OUTPUT FIELDS has every field, in order, and no other")

shown = json.loads(ask("-j", "-e", "b'x'"))
check_same(list(shown), ["schema", *names], "a JSON object has every field, in order, and no other")
check(ask("-f", ",".join(names), "-e", "b'x'").count("\t") == len(names) - 1, "-f takes every field")
end()
