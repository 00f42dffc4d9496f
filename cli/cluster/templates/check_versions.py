"""Compares the installed packages with requirements.txt. Written by orz-train cluster."""

import sys
from importlib.metadata import PackageNotFoundError, version


def installed(name):
    """The version without its local part: 2.13.0 for 2.13.0+cu130."""
    try:
        return version(name).split("+")[0]
    except PackageNotFoundError:
        return "not installed"


lines = [line.strip() for line in open(sys.argv[1]) if line.strip() and not line.startswith("#")]
found = {line: installed(line.split("==")[0]) for line in lines}
wrong = [f"{line}: {there}" for line, there in found.items() if there != line.split("==")[1]]
if wrong:
    sys.exit("other versions than these files are for:\n  " + "\n  ".join(wrong))
print("versions are as pinned: " + ", ".join(lines))
