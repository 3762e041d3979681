"""load.py FILE: load a checkpoint with torch, and print the seconds without the import."""

import sys
import time

import torch

start = time.perf_counter()
torch.load(sys.argv[1], mmap=True)
print(time.perf_counter() - start)
