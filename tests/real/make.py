"""make.py DIRECTORY: let the real libraries write files, and note what is in them."""

import importlib
import pathlib
import sys
import warnings

from facts import Facts


def main():
    facts = Facts(sys.argv[1])
    warnings.simplefilter("ignore")
    for path in sorted(pathlib.Path(__file__).parent.glob("make_*.py")):
        importlib.import_module(path.stem).make(facts)


main()
