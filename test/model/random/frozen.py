"""SHA-256 of two tensors of randomDecoder({ seed: 7 }), from an independent implementation: integers of any size for
Philox and FNV-1a, and statistics.NormalDist.inv_cdf (AS241) with the C library's logarithm. Run: python3 frozen.py"""
import hashlib
import math
import statistics
import struct

MASK = 2**32 - 1


def philox(counter, key):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1


def fnv1a(text):
    h = 0x811C9DC5
    for byte in text.encode():
        h = ((h ^ byte) * 0x01000193) & MASK
    return h


def digest(name, size, seed, deviation):
    normal, name_hash = statistics.NormalDist(), fnv1a(name)
    numbers = []
    for i in range(size):
        w0, w1 = philox((i, 0, name_hash, 0), (seed & MASK, seed >> 32))
        numbers.append(normal.inv_cdf(((w0 << 20) + (w1 >> 12) + 0.5) * 2.0**-52) * deviation)
    return hashlib.sha256(struct.pack(f"<{size}f", *numbers)).hexdigest()


print(digest("model.embed_tokens.weight", 512 * 128, 7, 0.02))
print(digest("model.layers.5.mlp.down_proj.weight", 128 * 512, 7, 0.02 / math.sqrt(12)))
