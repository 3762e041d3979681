"""What the makers write down of each file: where an array is, and what its library says of it."""

import hashlib
import json
import os


class Facts:
    """One line of JSON for each array: file, member path, type, shape, and SHA-1 of its bytes in C order."""

    def __init__(self, directory):
        self.directory = directory
        self.output = open(os.path.join(directory, "facts.jsonl"), "a", encoding="utf-8")

    def path(self, name):
        return os.path.join(self.directory, name)

    def add(self, file, member, dtype, shape, data, **more):
        fact = {"file": file, "member": member, "dtype": dtype, "shape": list(shape),
                "sha1": hashlib.sha1(data).hexdigest(), **more}
        self.output.write(json.dumps(fact) + "\n")

    def array(self, file, member, array, **more):
        """An array of NumPy's."""
        import numpy
        text = array.dtype.str if array.dtype.names is None else None  # the text of structs is another matter
        self.add(file, member, text, array.shape, numpy.ascontiguousarray(array).tobytes(), **more)

    def foreign(self, file, begins, name):
        """A file that is not read: how the message begins, and the NAME that its advice asks for (None: for none)."""
        self.output.write(json.dumps({"file": file, "begins": begins, "name": name}) + "\n")

    def tensor(self, file, member, tensor, dtype=None, **more):
        """A tensor of torch's."""
        import torch
        plain = tensor.detach().resolve_conj().resolve_neg().contiguous()
        data = plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
        self.add(file, member, dtype or str(tensor.dtype), tensor.shape, data, **more)
