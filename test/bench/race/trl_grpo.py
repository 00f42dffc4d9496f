"""Iterations of GRPO as orz-tiny's with TRL 1.16: seconds of each, as lines of JSON.

    python trl_grpo.py MODEL_FOLDER PROBLEMS.jsonl ITERATIONS MICRO_BATCH
"""

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM
from trl import GRPOConfig, GRPOTrainer

from trl_task import Clock, end, folder, group, iterations, longest_response, micro_batch, problems, responses, reward, tokenizer

model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
stops = [end, tokenizer.convert_tokens_to_ids("User:")]
model.config.eos_token_id = model.generation_config.eos_token_id = end
config = GRPOConfig(
    output_dir=str(folder / "trl-grpo"),
    per_device_train_batch_size=micro_batch,
    gradient_accumulation_steps=responses // micro_batch,
    num_generations=group,
    max_completion_length=longest_response,
    beta=0.0,
    learning_rate=1e-4,
    lr_scheduler_type="constant",
    adam_beta2=0.95,
    weight_decay=0.0,
    max_grad_norm=1.0,
    max_steps=iterations,
    temperature=1.0,
    top_k=0,
    top_p=1.0,
    num_iterations=1,
    loss_type="grpo",
    scale_rewards="group",
    generation_kwargs={"eos_token_id": stops},
    logging_steps=1,
    save_strategy="no",
    report_to=[],
    bf16=False,
    gradient_checkpointing=False,
    use_cpu=True,
    disable_tqdm=True,
)
GRPOTrainer(
    model=model,
    reward_funcs=lambda completions, gold, **_: [reward(text, g) for text, g in zip(completions, gold)],
    args=config,
    train_dataset=Dataset.from_list([{"prompt": p["prompt"], "gold": p["gold"]} for p in problems]),
    processing_class=tokenizer,
    callbacks=[Clock()],
).train()
