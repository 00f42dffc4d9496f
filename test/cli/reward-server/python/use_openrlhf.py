"""
OpenRLHF's own executor of a single turn, which decodes, asks its remote reward and keeps what comes back. Only the file
of its client is loaded: the package around it needs a GPU to be imported.
"""
import asyncio
import importlib.metadata
import importlib.util
import json
import logging
import sys
import types

logging.disable(logging.WARNING)
import torch

[path] = [file.locate() for file in importlib.metadata.files("openrlhf") if str(file).endswith("openrlhf/utils/agent.py")]
for name in ("openrlhf", "openrlhf.utils"):
    sys.modules[name] = types.ModuleType(name)
logging_utils = types.ModuleType("openrlhf.utils.logging_utils")
logging_utils.init_logger = logging.getLogger
sys.modules["openrlhf.utils.logging_utils"] = logging_utils
spec = importlib.util.spec_from_file_location("openrlhf.utils.agent", path)
agent = importlib.util.module_from_spec(spec)
spec.loader.exec_module(agent)


class Tokenizer:
    """A token per character, and a special token before every text."""

    def __call__(self, text, **_):
        return {"input_ids": torch.tensor([[0] + [ord(c) for c in text]])}

    def decode(self, tokens, **_):
        return "".join("<s>" if t == 0 else "<|im_end|>" if t == 1 else chr(t) for t in tokens)


class Engine:
    def __init__(self, response, reason):
        self.response = response
        self.reason = reason

    async def generate(self, tokens, params, **_):
        output = types.SimpleNamespace(
            token_ids=[ord(c) for c in self.response] + [1], logprobs=None, finish_reason=self.reason
        )
        return types.SimpleNamespace(outputs=[output])


async def rollout(executor, response, label):
    prompt = "What is 2+3? Put it into a box, for example \\boxed{5}.\n"
    params = types.SimpleNamespace(max_tokens=200, logprobs=None)
    output = await executor.execute(prompt, label, params, 4096, Tokenizer(), Engine(response, "stop"))
    tensor = torch.tensor([output["reward"]])  # as the trainer does it
    return {"reward": output["reward"], "scores": output["scores"], "dtype": str(tensor.dtype)}


async def main():
    executor = agent.SingleTurnAgentExecutor(sys.argv[2])
    cases = [("It is \\boxed{5}.", "5"), ("I do not know.", "5"), ("<answer>\\boxed{\\frac{10}{2}}</answer>", "5")]
    return await asyncio.gather(*(rollout(executor, *cases[k % 3]) for k in range(60)))


print("RESULT " + json.dumps({"version": importlib.metadata.version("openrlhf"), "outputs": asyncio.run(main())}))
