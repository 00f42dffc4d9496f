"""Rates of matrix products in PyTorch, to stand beside those of the webgpu backend: on CUDA if there is a GPU, else on the processor.

    python pytorch-products.py '{"shapes": [[256, 256, 256, "AB"]], "precisions": ["f32", "f16"], "repeats": 3}'

prints {"device": name, "rates": [[operations per second of each repeat] of each shape] of each precision}. Products of f32 are f32 throughout:
TF32 is off, as in the kernels they are compared with.
"""

import json
import sys
import time

import torch

request = json.loads(sys.argv[1])
cuda = torch.cuda.is_available()
device = torch.device("cuda" if cuda else "cpu")
torch.backends.cuda.matmul.allow_tf32 = False


def wait():
    if cuda:
        torch.cuda.synchronize()


def rates(shape, dtype):
    m, k, n, kind = shape
    a = torch.randn((k, m) if kind == "AᵀB" else (m, k), device=device).to(dtype)
    b = torch.randn((n, k) if kind == "ABᵀ" else (k, n), device=device).to(dtype)
    left, right = a.T if kind == "AᵀB" else a, b.T if kind == "ABᵀ" else b
    left @ right
    wait()
    start = time.perf_counter()
    left @ right
    wait()
    count = max(1, min(100, int(0.2 / (time.perf_counter() - start))))
    found = []
    for _ in range(request["repeats"]):
        start = time.perf_counter()
        for _ in range(count):
            left @ right
        wait()
        found.append(2 * m * k * n * count / (time.perf_counter() - start))
    return found


types = {"f32": torch.float32, "f16": torch.float16}
print(json.dumps({
    "device": f"PyTorch {torch.__version__}, " + (torch.cuda.get_device_name() if cuda else f"processor, {torch.get_num_threads()} threads"),
    "rates": [[rates(shape, types[p]) for shape in request["shapes"]] for p in request["precisions"]],
}))
