"""unpickle.py FILE: load a pickle, whose objects are of the class Small."""

import pickle
import sys


class Small:
    pass


with open(sys.argv[1], "rb") as file:
    pickle.load(file)
