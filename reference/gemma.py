"""gemma - the executable specification of Gemma 1, 2 and 3 (text), in plain PyTorch.

What the C code computes is what stands here; `compare_transformers.py` proves that
it is what transformers computes. Everything is float32. Shapes are in comments:
T tokens, D width, H heads, G key-value heads, K head size, F feed-forward width,
V vocabulary. Tensors carry GGUF's names, and gains of norms are whole (a Hugging
Face checkpoint stores gain - 1; see weights_io.py).

Sources: Gemma (arXiv:2403.08295), Gemma 2 (arXiv:2408.00118), Gemma 3
(arXiv:2503.19786); RMSNorm: Zhang and Sennrich 2019, arXiv:1910.07467; rotary
positions: Su et al. 2021, arXiv:2104.09864; GeGLU: Shazeer 2020, arXiv:2002.05202.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F


@dataclass
class Config:
    family: str  # "gemma", "gemma2", "gemma3"
    L: int
    D: int
    H: int
    G: int
    K: int
    F: int
    V: int
    window: int = 0  # a local layer sees this many positions, itself among them
    is_global: list = field(default_factory=list)  # per layer
    rope_theta_global: float = 10000.0
    rope_theta_local: float = 10000.0
    rope_scale: float = 1.0  # positions of global layers are divided by this
    norm_eps: float = 1e-6
    attn_softcap: float = 0.0  # 0: none
    final_softcap: float = 0.0
    query_scale: float = 0.0  # query_pre_attn_scalar
    context: int = 8192


def rms_norm(x, gain, eps):
    """(T,D) -> (T,D): each row over its root mean square, times the gain (D)."""
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * gain


def rope(x, positions, theta, scale):
    """(T,n,K): element i and i + K/2 of each head are one pair, turned by position * theta^(-2i/K)."""
    K = x.shape[-1]
    inverse = 1.0 / (theta ** (torch.arange(0, K, 2, dtype=torch.float32) / K))
    angle = (positions[:, None].float() / scale) * inverse[None, :]  # (T,K/2)
    cos, sin = angle.cos()[:, None, :], angle.sin()[:, None, :]
    a, b = x[..., : K // 2], x[..., K // 2 :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def soft_cap(x, cap):
    return cap * torch.tanh(x / cap) if cap else x


class Gemma:
    def __init__(self, config, tensors):
        self.c = config
        self.t = {name: value.float() for name, value in tensors.items()}

    def attention(self, x, layer, positions, pasts):
        """(T,D) -> (T,D). The rows are those of one sequence after another: `positions` holds a
        tensor of positions for each, `pasts` a dict layer -> (k, v) of what came before, or None."""
        c, w = self.c, lambda name: self.t[f"blk.{layer}.{name}.weight"]
        T = x.shape[0]
        q = (x @ w("attn_q").T).view(T, c.H, c.K)
        k = (x @ w("attn_k").T).view(T, c.G, c.K)
        v = (x @ w("attn_v").T).view(T, c.G, c.K)
        if c.family == "gemma3":  # norms over each head, before the rotation
            q = rms_norm(q, w("attn_q_norm"), c.norm_eps)
            k = rms_norm(k, w("attn_k_norm"), c.norm_eps)
        is_global = c.is_global[layer]
        theta = c.rope_theta_global if is_global else c.rope_theta_local
        scale = c.rope_scale if is_global else 1.0
        q, k = (rope(part, torch.cat(positions), theta, scale) for part in (q, k))
        sizes = [len(p) for p in positions]
        outs = [self.attend(layer, *parts) for parts in
                zip(q.split(sizes), k.split(sizes), v.split(sizes), positions, pasts)]
        return torch.cat(outs) @ w("attn_output").T

    def attend(self, layer, q, k, v, positions, past):
        """One sequence: (T,H,K), (T,G,K), (T,G,K) -> (T,H*K)."""
        c = self.c
        if past is not None:
            if layer in past:
                k, v = torch.cat([past[layer][0], k]), torch.cat([past[layer][1], v])
            past[layer] = (k, v)
        k = k.repeat_interleave(c.H // c.G, dim=1)  # head h reads kv head h // (H/G)
        v = v.repeat_interleave(c.H // c.G, dim=1)
        score = torch.einsum("thk,shk->hts", q, k) / math.sqrt(c.query_scale)
        score = soft_cap(score, c.attn_softcap)
        i, j = positions[:, None], torch.arange(k.shape[0])[None, :]
        hidden = j > i
        if not c.is_global[layer]:
            hidden = hidden | (i - j >= c.window)
        score = score.masked_fill(hidden[None], float("-inf"))
        return torch.einsum("hts,shk->thk", score.softmax(-1), v).reshape(len(positions), c.H * c.K)

    def feed_forward(self, x, layer):
        w = lambda name: self.t[f"blk.{layer}.{name}.weight"]
        gate = F.gelu(x @ w("ffn_gate").T, approximate="tanh")
        return (gate * (x @ w("ffn_up").T)) @ w("ffn_down").T

    def hidden(self, ids):
        """Hidden states of one text: after the embedding, after each layer, after the final norm;
        L+2 of (T,D)."""
        return self.hidden_many([ids], [0], [None])

    def hidden_many(self, texts, starts, pasts):
        """The same for the next tokens of several texts, one after the other in the rows."""
        c = self.c
        positions = [torch.arange(start, start + len(ids)) for ids, start in zip(texts, starts)]
        norm = lambda x, name: rms_norm(x, self.t[name + ".weight"], c.norm_eps)
        x = self.t["token_embd.weight"][torch.tensor(sum(texts, []))] * math.sqrt(c.D)
        states = [x]
        for layer in range(c.L):
            blk = f"blk.{layer}."
            a = self.attention(norm(x, blk + "attn_norm"), layer, positions, pasts)
            x = x + (a if c.family == "gemma" else norm(a, blk + "post_attention_norm"))
            f = self.feed_forward(norm(x, blk + "ffn_norm"), layer)
            x = x + (f if c.family == "gemma" else norm(f, blk + "post_ffw_norm"))
            states.append(x)
        return states + [norm(x, "output_norm")]

    def logits(self, final):
        """(T,D) after the final norm -> (T,V); the head is the embedding unless there is one."""
        head = self.t.get("output.weight", self.t["token_embd.weight"])
        return soft_cap(final @ head.T, self.c.final_softcap)

    def greedy(self, texts, n):
        """Per text n next tokens, ties to the lower id, and the gap between the two best logits
        of each step."""
        pasts, starts, feeds = [{} for _ in texts], [0] * len(texts), [list(t) for t in texts]
        out = [([], []) for _ in texts]
        for _ in range(n):
            final = self.hidden_many(feeds, starts, pasts)[-1]
            last = torch.tensor([len(f) for f in feeds]).cumsum(0) - 1
            logits = self.logits(final[last])
            best = logits.topk(2).values
            starts = [s + len(f) for s, f in zip(starts, feeds)]
            for b, (ids, gaps) in enumerate(out):
                ids.append(int((logits[b] == best[b, 0]).nonzero()[0]))
                gaps.append(float(best[b, 0] - best[b, 1]))
            feeds = [[ids[-1]] for ids, _ in out]
        return out
