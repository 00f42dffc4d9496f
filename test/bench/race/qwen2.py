"""The Qwen2 network in plain PyTorch, as fast as that is without own kernels: sequences packed into rows, fused attention with grouped
heads. The parameters carry the names of a Hugging Face checkpoint, with dots replaced."""

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint


class Qwen2(torch.nn.Module):
    def __init__(self, config, weights):
        super().__init__()
        self.config = config
        self.weights = torch.nn.ParameterDict({name.replace(".", "_"): torch.nn.Parameter(w) for name, w in weights.items()})

    def weight(self, name):
        return self.weights["model_" + name.replace(".", "_")]

    def norm(self, x, name):
        return F.rms_norm(x, (x.shape[-1],), self.weight(name + ".weight"), self.config["rms_norm_eps"])

    def project(self, x, name, heads):
        y = F.linear(x, self.weight(name + ".weight"), self.weight(name + ".bias"))
        return y.view(*x.shape[:2], heads, self.config["head_dim"]).transpose(1, 2)

    def block(self, x, i, cos, sin, mask):
        at, c = f"layers.{i}.", self.config
        y = self.norm(x, at + "input_layernorm")
        q = rotate(self.project(y, at + "self_attn.q_proj", c["num_attention_heads"]), cos, sin)
        k = rotate(self.project(y, at + "self_attn.k_proj", c["num_key_value_heads"]), cos, sin)
        v = self.project(y, at + "self_attn.v_proj", c["num_key_value_heads"])
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None, enable_gqa=True)
        x = x + F.linear(a.transpose(1, 2).flatten(2), self.weight(at + "self_attn.o_proj.weight"))
        y = self.norm(x, at + "post_attention_layernorm")
        gate = F.silu(F.linear(y, self.weight(at + "mlp.gate_proj.weight")))
        return x + F.linear(gate * F.linear(y, self.weight(at + "mlp.up_proj.weight")), self.weight(at + "mlp.down_proj.weight"))

    def forward(self, rows, recompute=False):
        """Logits at the places of `rows`, one row each."""
        x = F.embedding(rows["tokens"], self.weight("embed_tokens.weight"))
        for i in range(self.config["num_hidden_layers"]):
            arguments = (x, i, rows["cos"], rows["sin"], rows["mask"])
            x = checkpoint(self.block, *arguments, use_reentrant=False) if recompute else self.block(*arguments)
        x = self.norm(x, "norm").flatten(0, 1)[rows["places"]]
        return F.linear(x, self.weight("embed_tokens.weight"))


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def packed_rows(sequences, prompt_length, row_length, config):
    """Sequences packed best fit into rows, with what the network reads and the tokens that are predicted, in the order of the places."""
    rows = []
    for s in sorted(range(len(sequences)), key=lambda s: -len(sequences[s])):
        fitting = [row for row in rows if sum(len(sequences[t]) for t in row) + len(sequences[s]) <= row_length]
        if fitting:
            max(fitting, key=lambda row: sum(len(sequences[t]) for t in row)).append(s)
        else:
            rows.append([s])
    shape = (len(rows), row_length)
    tokens, positions, owner = torch.zeros(shape, dtype=torch.long), torch.zeros(shape), torch.full(shape, -1)
    places, targets, of = [], [], []
    for r, row in enumerate(rows):
        start = 0
        for s in row:
            end = start + len(sequences[s])
            tokens[r, start:end] = torch.tensor(sequences[s])
            positions[r, start:end] = torch.arange(end - start)
            owner[r, start:end] = s
            places += range(r * row_length + start + prompt_length - 1, r * row_length + end - 1)
            targets += sequences[s][prompt_length:]
            of += [s] * (end - start - prompt_length)
            start = end
    whole = all(len(row) == 1 and len(sequences[row[0]]) == row_length for row in rows)
    causal = torch.arange(row_length)[:, None] >= torch.arange(row_length)
    half = config["head_dim"] // 2
    angles = positions[:, None, :, None] * config["rope_theta"] ** (-torch.arange(half) / half)
    network = {
        "tokens": tokens,
        "cos": angles.cos(),
        "sin": angles.sin(),
        "mask": None if whole else ((owner[:, :, None] == owner[:, None, :]) & causal)[:, None],
        "places": torch.tensor(places),
    }
    return network, torch.tensor(targets), torch.tensor(of)
