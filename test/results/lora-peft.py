"""Asks PEFT for the log-probabilities of responses under exported adapters; prints how far they are from given ones.

    python test/results/lora-peft.py BASE ADAPTER RESPONSES QUESTION

RESPONSES is what `orz-train generate --json` printed for QUESTION. Needs torch, transformers and peft.
"""

import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer


def logprobs(model, prompt, response):
    """Of each token of the response."""
    with torch.no_grad():
        logits = model(torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1]
    return torch.log_softmax(logits, -1).gather(-1, torch.tensor(response)[:, None])[:, 0]


def main(base, adapter, responses, question):
    with open(responses, encoding="utf-8") as file:
        given = json.load(file)
    message = [{"role": "user", "content": question}]
    prompt = AutoTokenizer.from_pretrained(base).apply_chat_template(
        message, add_generation_prompt=True, return_dict=True
    )["input_ids"]
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    before = [logprobs(model, each["promptTokens"], each["tokens"]) for each in given]
    adapted = PeftModel.from_pretrained(model, adapter)
    after = [logprobs(adapted, each["promptTokens"], each["tokens"]) for each in given]
    wanted = [torch.tensor(each["logprobs"]) for each in given]

    def largest(found):
        return max((a - b).abs().max().item() for a, b in zip(found, wanted, strict=True))

    print(
        json.dumps(
            {
                "samePrompt": all(each["promptTokens"] == list(prompt) for each in given),
                "tokens": sum(len(each["tokens"]) for each in given),
                "difference": largest(after),
                "withoutAdapter": largest(before),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
