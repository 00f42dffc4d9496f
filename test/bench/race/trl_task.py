"""The task of orz-tiny for TRL: tokenizer, problems, reward and the clock, on a folder that `iterations.mjs` has made."""

import json
import re
import sys
import time
from pathlib import Path

import torch
from transformers import AutoTokenizer, TrainerCallback

torch.set_num_threads(1)
torch.set_num_interop_threads(1)
torch.manual_seed(0)

folder, problems, iterations, micro_batch = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
end = tokenizer.convert_tokens_to_ids("</answer>")
tokenizer.eos_token, tokenizer.pad_token = "</answer>", tokenizer.convert_ids_to_tokens(len(tokenizer) - 1)
problems = [json.loads(line) for line in Path(problems).read_text().splitlines()]
responses, group, longest_response = 512, 16, 48
boxed = re.compile(r"<answer>\s*\\boxed\{(\d+)\}")


def reward(response, gold):
    found = boxed.search(response)
    return 1.0 if found and found[1] == gold else 0.0


class Clock(TrainerCallback):
    """Prints the seconds between the ends of optimizer steps, each of which ends an iteration."""

    last = None

    def on_step_end(self, args, state, control, **kwargs):
        now = time.perf_counter()
        if self.last is not None:
            print(json.dumps({"seconds": now - self.last}), flush=True)
        self.last = now
