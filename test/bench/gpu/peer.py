"""The same training step and decoding in PyTorch and transformers, in f32 and bf16: on CUDA if there is a GPU, else on the processor.

    python peer.py '{"config": {...}, "lengths": [512, 512], "batch": 64, "promptLength": 13, "responseLength": 32, "repeats": 3}'

prints {"device": name, "f32": {"training": seconds, "decoding": seconds}, "bf16": {...}} in its last line. Weights are random. Products
of f32 are f32 throughout: TF32 is off.
"""

import json
import statistics
import sys
import time

import torch
import transformers

request = json.loads(sys.argv[1])
cuda = torch.cuda.is_available()
device = torch.device("cuda" if cuda else "cpu")
torch.backends.cuda.matmul.allow_tf32 = False
transformers.logging.set_verbosity_error()


def median(work):
    def once():
        start = time.perf_counter()
        work()
        if cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - start

    once()
    return statistics.median(once() for _ in range(request["repeats"]))


def measure(dtype):
    torch.manual_seed(0)
    model = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**request["config"])).to(device=device, dtype=dtype)
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    longest, prompt = max(request["lengths"]), request["promptLength"]
    tokens = torch.randint(0, model.config.vocab_size, (len(request["lengths"]), longest), device=device)
    mask = torch.tensor([[1] * n + [0] * (longest - n) for n in request["lengths"]], device=device)
    signs = 1.0 - 2.0 * (torch.arange(len(tokens), device=device) % 2)[:, None]

    def train():
        logits = model(tokens, attention_mask=mask, use_cache=False).logits[:, prompt - 1 : -1].float()
        logprobs = logits.gather(-1, tokens[:, prompt:, None])[..., 0] - logits.logsumexp(-1)
        ratio = torch.exp(logprobs - logprobs.detach())
        loss = -torch.minimum(ratio * signs, ratio.clamp(0.8, 1.2) * signs)[mask[:, prompt:] == 1].mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    prompts = tokens[:1, :prompt].expand(request["batch"], -1)

    @torch.no_grad()
    def decode():
        model.generate(prompts, attention_mask=torch.ones_like(prompts), do_sample=True, top_k=0, max_new_tokens=request["responseLength"])

    return {"training": median(train), "decoding": median(decode)}


found = {name: measure(dtype) for name, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16))}
name = torch.cuda.get_device_name() if cuda else f"processor, {torch.get_num_threads()} threads"
print(json.dumps({"device": f"PyTorch {torch.__version__}, transformers {transformers.__version__}, {name}", **found}))
