"""What torch.save writes, now and before version 1.6."""

import pickle

import torch

KINDS = {"new": {}, "old": {"_use_new_zipfile_serialization": False}}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 4)
        self.second = torch.nn.Sequential(torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2, bias=False))

    def forward(self, x):
        return self.second(self.first(x))


def types():
    bits = torch.arange(256, dtype=torch.int32).to(torch.uint8)
    names = ("float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 uint16 uint32 uint64 complex32 complex64 "
             "complex128 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu")
    found = {name: bits.view(getattr(torch, name)).clone() for name in names.split()}
    return {**found, "bool": torch.tensor([True, False])}


def views():
    base = torch.arange(24, dtype=torch.float32).reshape(6, 4)
    return {"base": base, "t": base.t(), "column": base[:, 1], "steps": base[1::2, ::3],
            "expanded": base[0].expand(3, 4), "overlap": base.as_strided((3, 3), (1, 1), 2),
            "empty": base[:0], "point": base[2, 3],
            "whole": base.reshape(-1)}


def save(facts, name, content, tensors, **options):
    torch.save(content, facts.path(name), **options)
    for member, tensor in tensors.items():
        facts.tensor(name, member, tensor, in_file=tensor.numel() > 0)


def make(facts):
    torch.manual_seed(7)
    net = Net()
    state = net.state_dict()
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    checkpoint = {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
    for kind, options in KINDS.items():
        everything = types()
        save(facts, kind + "-types.pt", everything, everything, **options)
        for name, tensor in everything.items():
            if "bfloat" in name or "float8" in name:
                facts.tensor(kind + "-types.pt", name, tensor, values=[repr(float(v)) for v in tensor.double()])
        save(facts, kind + "-views.pt", views(), views(), **options)
        save(facts, kind + "-state.pt", state, state, **options)
        save(facts, kind + "-tensor.pt", torch.ones(2, 3), {None: torch.ones(2, 3)}, **options)
        parameter = torch.nn.Parameter(torch.ones(2))
        save(facts, kind + "-parameter.pt", [parameter, 1], {"0": parameter}, **options)
        save(facts, kind + "-module.pt", net, {
            "_modules/first/_parameters/weight": net.first.weight,
            "_modules/second/_modules/0/_buffers/running_mean": net.second[0].running_mean}, **options)
        moments = {"optimizer/state/0/" + key: optimizer.state_dict()["state"][0][key] for key in ("exp_avg", "step")}
        save(facts, kind + "-checkpoint.pt", checkpoint, {
            **{"model/" + name: tensor for name, tensor in net.state_dict().items()}, **moments}, **options)
        sparse = torch.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3)).coalesce()
        compressed = torch.eye(3).to_sparse_csr()
        save(facts, kind + "-sparse.pt", {"coo": sparse, "csr": compressed, "dense": torch.ones(2)}, {
            "coo/indices": sparse.indices(), "coo/values": sparse.values(),
            "csr/crow_indices": compressed.crow_indices(), "csr/col_indices": compressed.col_indices(),
            "csr/values": compressed.values(), "dense": torch.ones(2)},
             **options)
        quantized = torch.quantize_per_tensor(torch.tensor([1.0, 2.0]), 0.5, 1, torch.qint8)
        save(facts, kind + "-others.pt", {
            "q": quantized, "meta": torch.empty(2, device="meta"), "dense": torch.ones(2)},
             {"dense": torch.ones(2)}, **options)
        facts.tensor(kind + "-others.pt", "q", quantized.int_repr(), "torch.qint8")
        class_tensor = torch.ones(2).as_subclass(Sub)
        save(facts, kind + "-subclass.pt", [class_tensor], {"0": class_tensor}, **options)
    with open(facts.path("plain-tensors.pkl"), "wb") as file:
        pickle.dump({"w": views()["t"], "b": torch.ones(3).bfloat16()}, file)
    facts.tensor("plain-tensors.pkl", "w", views()["t"], in_file=True)
    facts.tensor("plain-tensors.pkl", "b", torch.ones(3).bfloat16())
    torch.jit.save(torch.jit.script(net), facts.path("script.pt"))


class Sub(torch.Tensor):
    pass
