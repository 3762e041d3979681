"""What the safetensors library writes, of every type that it has."""

import numpy
import torch
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file as save_torch

NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
         "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL",
         "complex64": "C64", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float8_e4m3fnuz": "F8_E4M3FNUZ",
         "float8_e5m2fnuz": "F8_E5M2FNUZ", "float8_e8m0fnu": "F8_E8M0"}


def make(facts):
    tensors = {}
    for name in NAMES:
        dtype = getattr(torch, name)
        bits = torch.arange(256, dtype=torch.int32).to(torch.uint8)
        tensors[name] = (bits % 2).view(torch.bool) if name == "bool" else bits.view(dtype).clone()
    save_torch(tensors, facts.path("types.safetensors"), metadata={"format": "pt"})
    for name, tensor in tensors.items():
        values = [repr(float(v)) for v in tensor.double()] if "float" in name and name != "float64" else None
        facts.tensor("types.safetensors", name, tensor, NAMES[name], values=values)
    arrays = {"a.b": numpy.arange(6.0).reshape(2, 3), "c": numpy.zeros((0, 4), "i2"), "d": numpy.array(True)}
    save_numpy(arrays, facts.path("arrays.safetensors"))
    for name, array in arrays.items():
        code = {"<f8": "F64", "<i2": "I16", "|b1": "BOOL"}[array.dtype.str]
        facts.add("arrays.safetensors", name, code, array.shape, array.tobytes())
