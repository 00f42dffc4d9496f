"""What Python makes of the tokenizer of the arithmetic task: writes tokenizer-oracle.json beside this file.

Needs `pip install tokenizers==0.23.3 transformers==5.23.0`. Reads tokenizer.json, which the test keeps equal to the code
(`npx vitest run test/plugins/task-arithmetic/tokenizer.test.ts -u` rewrites it), then run
`python tokenizer-oracle.py`.
"""
import json
import random
from pathlib import Path

import tokenizers
import transformers

here = Path(__file__).parent
definition = json.loads((here / "tokenizer.json").read_text())
fast = tokenizers.Tokenizer.from_file(str(here / "tokenizer.json"))
hub = transformers.PreTrainedTokenizerFast(tokenizer_file=str(here / "tokenizer.json"), clean_up_tokenization_spaces=False)

contents = list(definition["model"]["vocab"]) + [token["content"] for token in definition["added_tokens"]]
before, after = "".join(contents[-7:-2]), contents[-2]

generator = random.Random(20250705)


def problem() -> str:
    return "+".join(str(generator.randint(1, 9)) for _ in range(generator.randint(3, 7)))


texts = ["", "0", "User:", "User: ", "User:User: User:", "<think></think><answer>\\boxed{12}</answer>", "\n\n}\\boxed{}", "Maybe Maybe Wait,Wait,"]
texts += [before + problem() + after for _ in range(20)]
texts += ["".join(generator.choice(contents) for _ in range(generator.randint(1, 12))) for _ in range(150)]

cases = []
for text in texts:
    ids = fast.encode(text, add_special_tokens=False).ids
    decoded = fast.decode(ids, skip_special_tokens=False)
    assert hub.encode(text, add_special_tokens=False) == ids and hub.decode(ids, skip_special_tokens=False) == decoded
    assert decoded == text
    cases.append({"text": text, "ids": ids})

versions = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}
lines = ",\n".join(json.dumps(case) for case in cases)
(here / "tokenizer-oracle.json").write_text('{"versions": ' + json.dumps(versions) + ', "cases": [\n' + lines + "\n]}\n")
