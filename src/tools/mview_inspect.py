"""`python -m mview_inspect`: the program that was installed along with this, for this Python."""

import os
import sys
import sysconfig


def program():
    """Where installers put it: the scripts' folder of the environment, of the user, or of `pip install --target`."""
    folders = [sysconfig.get_path("scripts"), sysconfig.get_path("scripts", os.name + "_user"),
               os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin")]
    for folder in folders:
        path = os.path.join(folder, "mview-inspect")
        if os.access(path, os.X_OK):
            return path
    sys.exit("mview-inspect: the program is in none of " + ", ".join(folders))


if __name__ == "__main__":
    os.execv(program(), ["mview-inspect", "--python", sys.executable, *sys.argv[1:]])
