"""compare_transformers - gemma.py against transformers' Gemma, Gemma 2 and Gemma 3.

The tiny models of make_tiny.py, every hidden state and the logits. Also writes the
same models as Hugging Face folders when a second folder is given (tests read them).
"""

import os
import sys

import torch
import transformers

import golden
from gemma import Gemma
from make_tiny import models
from weights_io import load_gguf, state_dict_for_hf

LIMIT = 2e-5  # of the largest value; float32 in another order of sums


def hf_model(c):
    common = dict(vocab_size=c.V, hidden_size=c.D, intermediate_size=c.F, num_hidden_layers=c.L,
                  num_attention_heads=c.H, num_key_value_heads=c.G, head_dim=c.K,
                  max_position_embeddings=c.context, rms_norm_eps=c.norm_eps, attn_implementation="eager",
                  pad_token_id=0, eos_token_id=1, bos_token_id=2, hidden_activation="gelu_pytorch_tanh")
    kinds = ["full_attention" if g else "sliding_attention" for g in c.is_global]
    if c.family == "gemma":
        return transformers.GemmaForCausalLM(transformers.GemmaConfig(
            **common, rope_parameters={"rope_type": "default", "rope_theta": c.rope_theta_global}))
    if c.family == "gemma2":
        return transformers.Gemma2ForCausalLM(transformers.Gemma2Config(
            **common, sliding_window=c.window, layer_types=kinds, query_pre_attn_scalar=c.query_scale,
            attn_logit_softcapping=c.attn_softcap, final_logit_softcapping=c.final_softcap,
            rope_parameters={"rope_type": "default", "rope_theta": c.rope_theta_global}))
    scaling = {"rope_type": "linear", "factor": c.rope_scale} if c.rope_scale != 1 else {"rope_type": "default"}
    return transformers.Gemma3ForCausalLM(transformers.Gemma3TextConfig(
        **common, sliding_window=c.window, layer_types=kinds, query_pre_attn_scalar=c.query_scale,
        rope_parameters={"full_attention": {**scaling, "rope_theta": c.rope_theta_global},
                         "sliding_attention": {"rope_type": "default", "rope_theta": c.rope_theta_local}}))


def compare(name, folder, save_to):
    c, tensors = load_gguf(os.path.join(folder, name, "model.gguf"))
    theirs = hf_model(c).eval()
    missing, unexpected = theirs.load_state_dict(state_dict_for_hf(c, tensors), strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    theirs.tie_weights()
    ids = [2] + [(i * 37) % (c.V - 4) + 4 for i in range(49)]
    ours = Gemma(c, tensors)
    with torch.no_grad():
        states = ours.hidden(ids)
        logits = ours.logits(states[-1])
        out = theirs(torch.tensor([ids]), output_hidden_states=True)
    # transformers' last hidden state is the one after the final norm
    pairs = list(zip(states[:-2] + states[-1:], out.hidden_states)) + [(logits, out.logits)]
    assert len(out.hidden_states) == c.L + 1
    worst = max(float((a - b[0]).abs().max() / b.abs().max()) for a, b in pairs)
    print(f"{name}: {len(pairs)} states, worst relative difference {worst:.2e}")
    assert worst < LIMIT, name
    if save_to:
        theirs.save_pretrained(os.path.join(save_to, name))


def main(folder, save_to=None):
    print("transformers", transformers.__version__, "torch", torch.__version__)
    for name, _, _, _ in models():
        compare(name, folder, save_to if name in ("gemma1", "gemma2", "gemma3") else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
