"""golden - the form in which expectations are written for the C tests (README.md).

NAME.json holds what is small and a list of arrays; NAME.f32 holds those arrays as
little-endian float32, one after the other.
"""

import json

import numpy as np


def write(path, head, arrays):
    offset, listed, parts = 0, [], []
    for name, array in arrays.items():
        array = np.ascontiguousarray(array, dtype="<f4")
        listed.append({"name": name, "shape": list(array.shape), "offset": offset})
        offset += array.size
        parts.append(array.tobytes())
    with open(path + ".json", "w") as f:
        json.dump({**head, "arrays": listed}, f, ensure_ascii=False, indent=1)
        f.write("\n")
    with open(path + ".f32", "wb") as f:
        f.write(b"".join(parts))
