"""Writes a Hugging Face folder of a Qwen2 network as a file of llama.cpp, in f32.

    python write_gguf.py FOLDER OUT.gguf
"""

import json
import sys
from pathlib import Path

import gguf
from safetensors.numpy import load_file

folder, out = sys.argv[1:]
config = json.loads((Path(folder) / "config.json").read_text())
writer = gguf.GGUFWriter(out, "qwen2")
writer.add_block_count(config["num_hidden_layers"])
writer.add_context_length(config["max_position_embeddings"])
writer.add_embedding_length(config["hidden_size"])
writer.add_feed_forward_length(config["intermediate_size"])
writer.add_head_count(config["num_attention_heads"])
writer.add_head_count_kv(config["num_key_value_heads"])
writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
writer.add_rope_freq_base(config["rope_theta"])
writer.add_vocab_size(config["vocab_size"])
writer.add_tokenizer_model("none")
writer.add_file_type(gguf.LlamaFileType.ALL_F32)
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, config["num_hidden_layers"])
for name, values in load_file(Path(folder) / "model.safetensors").items():
    writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), values)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
