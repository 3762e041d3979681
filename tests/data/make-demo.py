#!/usr/bin/env python3
"""Make demo.npy, demo.pkl, demo-model.pkl and demo.pt, which the demo, the README and the manual show.

They are as NumPy 1.24, scikit-learn 1.9 and torch 2.13 write them, and lie here so that nothing needs these.
"""

import pathlib
import pickle

import numpy

here = pathlib.Path(__file__).resolve().parent

station = numpy.dtype([("id", "u1"), ("lat", "<f4"), ("lon", "<f4"), ("code", "S3")], align=True)
rows = [(1, 47.5, 11.0, b"ZUG"), (2, 54.25, 7.75, b"HGL"), (3, 52.5, 13.5, b"BER")]
stations = numpy.zeros(len(rows), station)  # zeros, so that the holes are the same each time
for name, values in zip(station.names, zip(*rows)):
    stations[name] = values
numpy.save(here / "demo.npy", stations)

model = {"weights": numpy.arange(6, dtype="<f8").reshape(2, 3) / 4, "bias": numpy.array([1, -1], "<i2"), "epoch": 7}
(here / "demo.pkl").write_bytes(pickle.dumps(model, protocol=4))

from sklearn.preprocessing import StandardScaler  # noqa: E402 (last: the others can be made without these)

scaler = StandardScaler().fit(numpy.array([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0], [4.0, 3.0]]))
(here / "demo-model.pkl").write_bytes(pickle.dumps(scaler, protocol=4))

import torch  # noqa: E402

weight = torch.arange(6, dtype=torch.float32).reshape(3, 2) / 4
model = {"weight": weight, "transposed": weight.t(), "scale": torch.tensor([1.5, -2.0]).bfloat16()}
torch.save({"model": model, "epoch": 7}, here / "demo.pt")
