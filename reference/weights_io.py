"""weights_io - GGUF files and Hugging Face configs to and from reference models.

Dequantisation is that of the gguf package; nothing here is shared with the C code.
"""

import re

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize

from gemma import Config


def field_value(reader, key, default=None):
    f = reader.fields.get(key)
    return default if f is None else f.contents()


def config_from_gguf(reader, V):
    arch = field_value(reader, "general.architecture")
    get = lambda name, default=None: field_value(reader, f"{arch}.{name}", default)
    L, D, H = get("block_count"), get("embedding_length"), get("attention.head_count")
    K = get("attention.key_length", D // H)
    period = {"gemma": 1, "gemma2": 2, "gemma3": 6}[arch]
    is_27b = (arch, L) in (("gemma2", 46), ("gemma3", 62))
    return Config(
        family=arch, L=L, D=D, H=H, G=get("attention.head_count_kv", H), K=K,
        F=get("feed_forward_length"), V=V, context=get("context_length", 8192),
        window=0 if period == 1 else get("attention.sliding_window", 4096),
        is_global=[(i + 1) % period == 0 for i in range(L)],
        rope_theta_global=get("rope.freq_base", 1e6 if arch == "gemma3" else 1e4),
        rope_theta_local=1e4, rope_scale=get("rope.scaling.factor", 1.0) or 1.0,
        norm_eps=get("attention.layer_norm_rms_epsilon", 1e-6),
        attn_softcap=get("attn_logit_softcapping", 50.0) if arch == "gemma2" else 0.0,
        final_softcap=get("final_logit_softcapping", 30.0) if arch == "gemma2" else 0.0,
        query_scale=D / H if is_27b else K)


def load_gguf(path):
    reader = GGUFReader(path)
    tensors = {}
    for t in reader.tensors:
        shape = [int(n) for n in reversed(t.shape)]
        tensors[t.name] = torch.from_numpy(
            np.array(dequantize(t.data, t.tensor_type), dtype=np.float32).reshape(shape))
    return config_from_gguf(reader, tensors["token_embd.weight"].shape[0]), tensors


def save_gguf(path, config, encoded, vocabulary=None):
    """`encoded`: name -> (type, array); a quantised array holds bytes, (rows, bytes per row)."""
    w = GGUFWriter(path, config.family)
    w.add_context_length(config.context)
    w.add_embedding_length(config.D)
    w.add_block_count(config.L)
    w.add_feed_forward_length(config.F)
    w.add_head_count(config.H)
    w.add_head_count_kv(config.G)
    w.add_key_length(config.K)
    w.add_value_length(config.K)
    w.add_layer_norm_rms_eps(config.norm_eps)
    w.add_rope_freq_base(config.rope_theta_global)
    if config.window:
        w.add_sliding_window(config.window)
    if config.rope_scale != 1:
        w.add_string(f"{config.family}.rope.scaling.type", "linear")
        w.add_float32(f"{config.family}.rope.scaling.factor", config.rope_scale)
    if config.family == "gemma2":
        w.add_attn_logit_softcapping(config.attn_softcap)
        w.add_final_logit_softcapping(config.final_softcap)
    if vocabulary:
        w.add_tokenizer_model("llama")
        w.add_token_list([v[0] for v in vocabulary])
        w.add_token_scores([v[1] for v in vocabulary])
        w.add_token_types([v[2] for v in vocabulary])
        w.add_bos_token_id(2)
        w.add_eos_token_id(1)
        w.add_unk_token_id(3)
        w.add_pad_token_id(0)
        w.add_add_bos_token(True)
        w.add_add_space_prefix(False)
    for name, (kind, array) in encoded.items():
        if kind in (GGMLQuantizationType.F32, GGMLQuantizationType.F16):
            w.add_tensor(name, array)
        else:
            w.add_tensor(name, array, raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


HF_LAYER = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
HF_NORMS = {  # post_attention_layernorm means another place in Gemma 1
    "gemma": {"post_attention_layernorm": "ffn_norm"},
    "gemma2": {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
               "post_feedforward_layernorm": "post_ffw_norm"},
}
HF_NORMS["gemma3"] = HF_NORMS["gemma2"]


def name_to_hf(name, family):
    """blk.3.attn_q.weight -> model.layers.3.self_attn.q_proj.weight"""
    fixed = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
             "output.weight": "lm_head.weight"}
    if name in fixed:
        return fixed[name]
    layer, part = re.fullmatch(r"blk\.(\d+)\.(.*)\.weight", name).groups()
    back = {ours: theirs for theirs, ours in {**HF_LAYER, **HF_NORMS[family]}.items()}
    return f"model.layers.{layer}.{back[part]}.weight"


def state_dict_for_hf(config, tensors):
    """Their names, and gains as they store them: minus one."""
    return {name_to_hf(name, config.family): value - 1.0 if name.endswith("norm.weight") else value
            for name, value in tensors.items()}
