"""Iterations of PPO as orz-tiny's with TRL 1.12, the last with PPO: seconds of each, as lines of JSON.

    python trl_ppo.py MODEL_FOLDER PROBLEMS.jsonl ITERATIONS MICRO_BATCH
"""

import re
import types

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
from trl.experimental.ppo import PPOConfig, PPOTrainer

from trl_task import Clock, end, folder, group, iterations, longest_response, micro_batch, problems, responses, reward, tokenizer

golds = {re.search(r"(?:\d\+)+\d", p["question"])[0]: p["gold"] for p in problems}


class Reward(torch.nn.Module):
    """In the form that TRL asks for: a network with a head, whose score at the last token is the reward of the text."""

    base_model_prefix = "texts"

    def __init__(self):
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.texts = self.read

    def read(self, input_ids=None, attention_mask=None, **_):
        found = []
        for text in tokenizer.batch_decode(input_ids):
            question = re.search(r"(?:\d\+)+\d", text)
            found.append(reward(text[question.end():] if question else "", golds.get(question[0] if question else "")))
        scores = torch.tensor(found)[:, None, None].expand(-1, input_ids.shape[1], 1).contiguous()
        return types.SimpleNamespace(hidden_states=(scores,))

    def score(self, hidden):
        return hidden


policy, reference = (AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32) for _ in range(2))
value = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, dtype=torch.float32)
for model in (policy, reference, value):
    model.config.pad_token_id = tokenizer.pad_token_id
rows = Dataset.from_list([{"input_ids": tokenizer(p["prompt"])["input_ids"]} for p in problems for _ in range(group)])
config = PPOConfig(
    output_dir=str(folder / "trl-ppo"),
    per_device_train_batch_size=micro_batch,
    gradient_accumulation_steps=responses // micro_batch,
    num_mini_batches=responses // 64,
    num_ppo_epochs=1,
    total_episodes=responses * iterations,
    response_length=longest_response,
    temperature=1.0,
    kl_coef=0.0,
    gamma=1.0,
    lam=1.0,
    learning_rate=1e-4,
    local_rollout_forward_batch_size=responses,
    num_sample_generations=0,
    report_to=[],
    save_strategy="no",
    use_cpu=True,
    bf16=False,
    gradient_checkpointing=False,
    stop_token_id=end,
    disable_tqdm=True,
    logging_steps=1,
)
PPOTrainer(
    args=config, processing_class=tokenizer, model=policy, ref_model=reference, reward_model=Reward(), value_model=value,
    train_dataset=rows, eval_dataset=rows.select(range(8)), callbacks=[Clock()],
).train()
