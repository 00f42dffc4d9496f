"""How near two greedy responses were to being equal: at the first token in which they differ, how far apart the logits
of the two tokens are.

    python test/results/roads_gap.py FOLDER CASES.json

CASES.json is a list of {"prompt", "a", "b"}: the text of a prompt and two responses to it. Prints a list of {"at",
"a", "b", "gap", "best"}: the number of the token, both tokens, the logit of the first less that of the second in f32,
and whether one of the two is the most probable.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, cases = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def tokens_of(text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def examine(prompt, a, b):
    # A response that ended goes on with the end token.
    first, second = [[*tokens_of(text), tokenizer.eos_token_id] for text in (a, b)]
    at = next(i for i, (x, y) in enumerate(zip(first, second)) if x != y)
    with torch.no_grad():
        logits = model(torch.tensor([tokens_of(prompt) + first[:at]])).logits[0, -1]
    x, y = first[at], second[at]
    gap = (logits[x] - logits[y]).item()
    best = logits.argmax().item() in (x, y)
    return {"at": at, "a": tokenizer.decode([x]), "b": tokenizer.decode([y]), "gap": gap, "best": best}


print(json.dumps([examine(**case) for case in json.loads(Path(cases).read_text())]))
