"""One step of TRL's GRPOTrainer on a model made on the spot, rewarded by the function of docs/reward-server.md."""
import json
import logging
import os
import sys
import tempfile

os.environ.update(TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1", TRL_EXPERIMENTAL_SILENCE="1")
logging.disable(logging.WARNING)

from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer

sys.path.insert(0, sys.argv[1])
from orz_trl import math_reward

letters = ["<pad>", "<eos>"] + list("0123456789+=")
tokenizer = Tokenizer(models.WordLevel({letter: i for i, letter in enumerate(letters)}, unk_token="="))
tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
processing = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="=")
config = Qwen2Config(
    vocab_size=len(letters), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
    num_key_value_heads=1, max_position_embeddings=64, pad_token_id=0, eos_token_id=1, bos_token_id=1,
)

calls = []

def reward(completions, **columns):
    values = math_reward(completions, **columns)
    calls.append({"completions": completions, "answer": columns["answer"], "values": values})
    return values

trainer = GRPOTrainer(
    model=Qwen2ForCausalLM(config),
    reward_funcs=reward,
    args=GRPOConfig(
        output_dir=tempfile.mkdtemp(), max_steps=1, per_device_train_batch_size=8, num_generations=4,
        max_completion_length=6, use_cpu=True, bf16=False, gradient_checkpointing=False, report_to=[],
        save_strategy="no", logging_steps=1, disable_tqdm=True,
    ),
    train_dataset=Dataset.from_list([{"prompt": f"{a}+{a}=", "answer": str(2 * a)} for a in range(1, 9)]),
    processing_class=processing,
)
trainer.train()
logged = next(entry["reward"] for entry in trainer.state.log_history if "reward" in entry)

known = math_reward(["so it is \\boxed{8}", [{"role": "assistant", "content": "9"}]], answer=["8", "8"], prompts=None)
print("RESULT " + json.dumps({"known": known, "calls": calls, "logged": logged}))
