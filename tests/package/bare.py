"""Runs a module with the standard library and the given folders on the path, and nothing of this environment.

`python -I -S bare.py <folders, joined as in PATH> <module> <its arguments>`
"""

import os
import runpy
import sys

if __name__ == "__main__":
    folders, name, *sys.argv[1:] = sys.argv[1:]
    sys.path[:0] = folders.split(os.pathsep)
    runpy.run_module(name, run_name="__main__", alter_sys=True)
