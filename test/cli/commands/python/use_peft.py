"""Loads exported adapters onto the base model with PEFT; prints how far the merged weights are from the exported model.

Arguments: folder of the base policy, exported adapters, exported model, and `policy` or `critic`.
"""
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoModelForTokenClassification

base, adapter, whole, role = sys.argv[1:]
auto, options = (AutoModelForCausalLM, {}) if role == "policy" else (AutoModelForTokenClassification, {"num_labels": 1})
merged = PeftModel.from_pretrained(auto.from_pretrained(base, dtype=torch.float32, **options), adapter).merge_and_unload()
expected = auto.from_pretrained(whole, dtype=torch.float32)
found, wanted = merged.state_dict(), expected.state_dict()
assert sorted(found) == sorted(wanted), set(found) ^ set(wanted)
start = auto.from_pretrained(base, dtype=torch.float32, **options).state_dict()
print("DIFFERENCE", max((found[name] - wanted[name]).abs().max().item() for name in wanted))
print("CHANGE", max((start[name] - wanted[name]).abs().max().item() for name in wanted if name in start and "score" not in name))
