"""Makes what recipes of tinker-cookbook look for in the current folder: a small model of random weights and its tokenizer
of bytes under the name Qwen/Qwen3-8B-Base, and small data under the names of No Robots and GSM8K.

The answers in the first are a random digit, those in the second always 7: supervised fine-tuning teaches the form, and
reinforcement learning can then only learn the digit. Needs torch, transformers and tokenizers; no network.
"""
import json
import pathlib
import random

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

torch.manual_seed(0)
random.seed(0)

bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(bytes_)}, merges=[]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
tokenizer.decoder = decoders.ByteLevel()
tokenizer.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=False)])
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")
config = Qwen2Config(
    vocab_size=264, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=64,
    max_position_embeddings=1024, tie_word_embeddings=False, eos_token_id=fast.eos_token_id, bos_token_id=None, initializer_range=0.1,
)
for part in (fast, Qwen2ForCausalLM(config)):
    part.save_pretrained("Qwen/Qwen3-8B-Base")

suffix = " Provide a numerical answer without units, written inside \\boxed{}."
worked = (
    "Let's spell the word out and number all the letters: 1) s 2) t 3) r 4) a 5) w 6) b 7) e 8) r 9) r 10) y. "
    "We have r's at positions 3, 8, and 9. \\boxed{3}"
)
prefix = [
    {"role": "user", "content": "How many r's are in strawberry?" + suffix},
    {"role": "assistant", "content": worked},
]


def question(i):
    return f"What is {i % 5}+{7 - i % 5}?"


def write(path, rows):
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


write(pathlib.Path("HuggingFaceH4/no_robots/train.jsonl"), [
    {"messages": prefix + [{"role": "user", "content": question(i) + suffix}, {"role": "assistant", "content": f"\\boxed{{{random.randrange(9)}}}"}]}
    for i in range(16 * 120)
])
write(pathlib.Path("openai/gsm8k/main/train.jsonl"), [{"question": question(i), "answer": "#### 7"} for i in range(8 * 12)])
pathlib.Path("openai/gsm8k/README.md").write_text(
    "---\nconfigs:\n- config_name: main\n  data_files:\n  - split: train\n    path: main/train.jsonl\n---\n"
)
