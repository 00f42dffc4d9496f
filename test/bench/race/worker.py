"""The race's process of PyTorch and transformers. Reads requests as lines of JSON, answers each with one.

    python worker.py
"""

import json
import math
import sys
import time
import traceback
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

from qwen2 import Qwen2, packed_rows

torch.set_num_threads(1)
torch.set_num_interop_threads(1)
torch.manual_seed(0)
transformers.logging.set_verbosity_error()
answers, sys.stdout = sys.stdout, sys.stderr


def config_of(folder):
    return json.loads((Path(folder) / "config.json").read_text())


def load_transformers(folder):
    model = transformers.Qwen2ForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0
    return model


def ppo_loss(logits, targets, of, vocabulary):
    """The clipped surrogate against a uniform old policy; every other sequence was a success."""
    logprobs = logits.gather(-1, targets[:, None])[:, 0] - logits.logsumexp(-1)
    ratio = torch.exp(logprobs + math.log(vocabulary))
    advantages = 1.0 - 2.0 * (of % 2)
    return -torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean()


class Trainer:
    """A model with its optimizer and the forms of a step; the forms of plain PyTorch share one model."""

    def __init__(self, folder, library):
        self.folder, self.library = folder, library
        self.config = config_of(folder)
        weights = load_file(Path(folder) / "model.safetensors")
        self.model = load_transformers(folder).train() if library else Qwen2(self.config, weights)
        self.forms = {}
        self.optimizer = self.fresh_optimizer()

    def fresh_optimizer(self):
        return torch.optim.AdamW(self.model.parameters(), lr=1e-6, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0, fused=True)

    def objective(self, form):
        if form not in self.forms:
            self.forms[form] = torch.compile(self.packed, dynamic=False) if form == "compiled" else self.packed
            if form == "checkpointed":
                self.forms[form] = lambda rows, targets, of: self.packed(rows, targets, of, recompute=True)
            if form == "transformers":
                self.forms[form] = self.padded
        return self.forms[form]

    def packed(self, rows, targets, of, recompute=False):
        return ppo_loss(self.model(rows, recompute), targets, of, self.config["vocab_size"])

    def padded(self, rows, targets, of):
        hidden = self.model.model(input_ids=rows["tokens"], attention_mask=rows["mask"], use_cache=False).last_hidden_state
        return ppo_loss(self.model.lm_head(hidden.flatten(0, 1)[rows["places"]]), targets, of, self.config["vocab_size"])

    def batch(self, q):
        if q["form"] != "transformers":
            return packed_rows(q["sequences"], q["promptLength"], q["rowLength"], self.config)
        sequences, prompt = q["sequences"], q["promptLength"]
        longest = max(map(len, sequences))
        rows = {
            "tokens": torch.tensor([s + [0] * (longest - len(s)) for s in sequences]),
            "mask": torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences]),
            "places": torch.tensor([i * longest + p for i, s in enumerate(sequences) for p in range(prompt - 1, len(s) - 1)]),
        }
        return rows, torch.tensor([t for s in sequences for t in s[prompt:]]), torch.tensor([i for i, s in enumerate(sequences) for _ in s[prompt:]])

    def passes(self, form, batch):
        loss = self.objective(form)(*batch)
        loss.backward()
        return float(loss)

    def update(self):
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(norm)


trainers, samplers = {}, {}


def trainer(q):
    key = (q["folder"], q["form"] == "transformers")
    if key not in trainers:
        forget_others(q["folder"])
        trainers[key] = Trainer(*key)
    return trainers[key]


def forget_others(folder):
    """One network at a time: the large ones fill the memory."""
    for known in (trainers, samplers):
        for key in [key for key in known if key != folder and key[0] != folder]:
            del known[key]


def check_training(q):
    """Loss and gradient norm at the weights of the folder, and how far one step from there moves all parameters."""
    t = trainer(q)
    before = [p.detach().clone() for p in t.model.parameters()]
    t.optimizer = t.fresh_optimizer()
    for group in t.optimizer.param_groups:
        group["lr"] = 1e-4
    loss = t.passes(q["form"], t.batch(q))
    norm = t.update()
    moved = 0.0
    with torch.no_grad():
        for p, old in zip(t.model.parameters(), before):
            moved += float((p - old).double().square().sum())
            p.copy_(old)
    t.optimizer = t.fresh_optimizer()
    return {"loss": loss, "gradNorm": norm, "moved": math.sqrt(moved)}


def train(q):
    t = trainer(q)
    batch = t.batch(q)
    start = time.perf_counter()
    t.passes(q["form"], batch)
    middle = time.perf_counter()
    t.update()
    end = time.perf_counter()
    return {"seconds": end - start, "optimizer": end - middle}


def optimizer(q):
    t = trainer(q)
    t.passes(q["form"], t.batch(q))
    start = time.perf_counter()
    t.update()
    return {"seconds": time.perf_counter() - start}


def sampler(folder):
    if folder not in samplers:
        forget_others(folder)
        trainers.clear()
        samplers[folder] = load_transformers(folder).eval()
    return samplers[folder]


@torch.no_grad()
def score(q):
    tokens, prompt = torch.tensor([q["tokens"]]), q["promptLength"]
    logprobs = sampler(q["folder"])(tokens).logits[0, prompt - 1 : -1].log_softmax(-1)
    return {"logprobs": logprobs.gather(-1, tokens[0, prompt:, None])[:, 0].tolist()}


@torch.no_grad()
def sample(q):
    model = sampler(q["folder"])
    prompts = torch.tensor(q["prompts"]).repeat_interleave(q["count"], 0)
    start = time.perf_counter()
    made = model.generate(prompts, attention_mask=torch.ones_like(prompts), do_sample=True, temperature=1.0, top_k=0, top_p=1.0, max_new_tokens=q["responseLength"])
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "tokens": (made.shape[1] - prompts.shape[1]) * made.shape[0]}


factors = torch.zeros(1024, 4096), torch.zeros(4096, 1024)


def rate(_):
    start = time.perf_counter()
    torch.mm(*factors)
    return {"rate": 2 * 1024 * 4096 * 1024 / (time.perf_counter() - start)}


def products(q):
    return {"seconds": sum(p["count"] * seconds_of(p) for p in q["products"])}


def seconds_of(product):
    """Of one product; small ones many times over."""
    m, k, n, kind = (product[name] for name in ("m", "k", "n", "kind"))
    a = torch.zeros(k, m).T if kind == "AᵀB" else torch.zeros(m, k)
    b = torch.zeros(n, k).T if kind == "ABᵀ" else torch.zeros(k, n)
    copies = min(64, math.ceil(1e8 / (m * k * n)))
    torch.mm(a, b)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(copies):
            torch.mm(a, b)
        times.append((time.perf_counter() - start) / copies)
    return sorted(times)[1]


commands = {"products": products, "rate": rate, "checkTraining": check_training, "train": train, "optimizer": optimizer, "score": score, "sample": sample}
for line in sys.stdin:
    request = json.loads(line)
    begin = time.process_time()
    try:
        answer = commands[request["command"]](request)
    except Exception:
        answer = {"error": traceback.format_exc()[-2000:]}
    print(json.dumps({**answer, "cpu": time.process_time() - begin}), file=answers, flush=True)
