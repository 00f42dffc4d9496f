"""Writes the weights of a training checkpoint of SkyRL on FSDP (a tar that save_weights left) as safetensors.

    python test/results/skyrl-checkpoint.py CHECKPOINT OUTPUT

Needs torch, numpy and safetensors. Names are those of the server; each rank holds a slice of the first dimension.
"""

import io
import re
import sys
import tarfile

import torch
import torch.distributed as dist
from safetensors.torch import save_file


def rank_states(path):
    """The state of the model at each rank, by rank."""
    states = {}
    with tarfile.open(path) as tar:
        for member in tar:
            found = re.search(r"model_world_size_\d+_rank_(\d+)\.pt$", member.name)
            if found:
                data = io.BytesIO(tar.extractfile(member).read())
                states[int(found[1])] = torch.load(data, map_location="cpu", weights_only=False)
    return [states[rank] for rank in sorted(states)]


def local(tensor):
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def whole(parts, shape):
    """Slices of the first dimension; what is not sharded is the same at every rank."""
    return parts[0] if tuple(parts[0].shape) == tuple(shape) else torch.cat(parts)


def main(source, target):
    dist.init_process_group("gloo", init_method="tcp://127.0.0.1:29517", rank=0, world_size=1)
    states = rank_states(source)
    tensors = {
        name: whole([local(state[name]) for state in states], tensor.shape).float().contiguous().clone()
        for name, tensor in states[0].items()
    }
    save_file(tensors, target)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
