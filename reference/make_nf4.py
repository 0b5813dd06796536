"""make_nf4 - what bitsandbytes makes of a few matrices, on the CPU.

usage: make_nf4.py OUT

Every array as F32 (codes too: they are small integers). `hard` holds numbers at and
beside the middle of two levels, blocks of zeros and of tiny numbers, and is not whole
blocks; `scales_hard` scales near the middles of the 8-bit levels.
"""

import os
import sys

import bitsandbytes
import numpy as np
import torch
from bitsandbytes.functional import dequantize_4bit, get_4bit_type, quantize_4bit, quantize_blockwise

import golden


def matrices(r):
    yield "normal", (r.standard_normal((96, 512)) * 0.03).astype(np.float32)
    levels = get_4bit_type("nf4", device="cpu").numpy()
    middles = (levels[:-1] + levels[1:]) / 2
    near = np.concatenate([middles, np.nextafter(middles, np.float32(2)), np.nextafter(middles, np.float32(-2)), levels])
    rows = [np.concatenate([near, [1, 0, -1]]) * s for s in np.exp(r.standard_normal(300)).astype(np.float32)]
    yield "hard", np.concatenate([*rows, np.zeros(64), np.full(64, 1e-39), r.standard_normal(37)]).astype(np.float32)


def main(out):
    torch.set_num_threads(1)
    r = np.random.default_rng(11)
    arrays, offsets = {}, {}
    for name, x in matrices(r):
        codes, state = quantize_4bit(torch.from_numpy(x), compress_statistics=True, quant_type="nf4")
        plain = torch.ops.bitsandbytes.quantize_4bit.default(torch.from_numpy(x), 64, "nf4", torch.uint8)[1]
        arrays.update({f"{name}.x": x.ravel(), f"{name}.codes": codes.numpy().ravel(), f"{name}.scales": plain.numpy(),
                       f"{name}.scale_codes": state.absmax.numpy(), f"{name}.scale_max": state.state2.absmax.numpy(),
                       f"{name}.offset": state.offset.reshape(1).numpy(),
                       f"{name}.values": dequantize_4bit(codes, state).numpy().ravel()})
    levels = state.state2.code.numpy()
    middles = ((levels[:-1] + levels[1:]) / 2).astype(np.float32)
    near = np.concatenate([np.float32(1) + 0 * middles[:1], middles, *(middles + np.float32(d) for d in
                           (1e-6, -1e-6, 3e-6, -3e-6, 1e-5, -1e-5, 1.5e-5, -1.5e-5, 3e-5, -3e-5)), levels]).clip(-1, 1)
    near = np.resize(near, (near.size + 255) // 256 * 256).reshape(-1, 256)
    near[:, 0] = 1
    near = (near * np.exp(r.standard_normal((len(near), 1)))).astype(np.float32).ravel()
    codes, state = quantize_blockwise(torch.from_numpy(near), blocksize=256)
    arrays.update({"levels": levels, "scales_hard.x": near, "scales_hard.codes": codes.numpy(),
                   "scales_hard.max": state.absmax.numpy()})
    os.makedirs(out, exist_ok=True)
    golden.write(os.path.join(out, "nf4"), {"made_by": "reference/make_nf4.py", "bitsandbytes": bitsandbytes.__version__}, arrays)
    print("nf4", {k: len(v) for k, v in arrays.items()})


if __name__ == "__main__":
    main(sys.argv[1])
