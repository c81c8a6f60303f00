#!/usr/bin/env python3
"""Makes two_key_collision.txt: one XChaCha20-Poly1305 ciphertext that opens under two keys.

The keys are the encryption keys that our committing wrap derives (DESIGN.md section 5), so that the test can show both
that plain XChaCha20-Poly1305 accepts the ciphertext twice and that the wrap's commitment refuses the second key.
Poly1305 is a polynomial in one free block c of the ciphertext: setting the two tags equal is one linear equation in c.
"""
import hashlib
import struct

P = (1 << 130) - 5
MASK = 0xFFFFFFFF


def rotl(v, n):
    return ((v << n) | (v >> (32 - n))) & MASK


def rounds(state):
    x = list(state)

    def quarter(a, b, c, d):
        for p, q, r, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & MASK
            x[r] = rotl(x[r] ^ x[p], n)

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return x


SIGMA = struct.unpack("<4I", b"expand 32-byte k")


def hchacha20(key, nonce16):
    x = rounds(SIGMA + struct.unpack("<8I", key) + struct.unpack("<4I", nonce16))
    return struct.pack("<8I", *(x[0:4] + x[12:16]))


def chacha20_block(key, counter, nonce12):
    state = SIGMA + struct.unpack("<8I", key) + (counter,) + struct.unpack("<3I", nonce12)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(rounds(state), state)))


def one_time_key(key, nonce24):
    block = chacha20_block(hchacha20(key, nonce24[:16]), 0, bytes(4) + nonce24[16:])
    r = int.from_bytes(block[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    return r, int.from_bytes(block[16:32], "little")


def poly1305(r, s, blocks):
    acc = 0
    for b in blocks:
        acc = (acc + int.from_bytes(b, "little") + (1 << 128)) * r % P
    return (acc + s) % (1 << 128)


def wrap_keys(key, nonce):
    both = hashlib.blake2b(nonce, digest_size=64, key=key, person=b"vlt1-wrap".ljust(16, b"\0")).digest()
    return both[:32], both[32:]


def commitment(kcom, nonce, aad, tag):
    message = nonce + struct.pack("<Q", len(aad)) + aad + tag
    return hashlib.blake2b(message, digest_size=32, key=kcom, person=b"vlt1-commit".ljust(16, b"\0")).digest()


def collide(key1, key2, nonce, aad):
    (r1, s1), (r2, s2) = (one_time_key(wrap_keys(k, nonce)[0], nonce) for k in (key1, key2))
    padded = aad + bytes(-len(aad) % 16)
    before = [padded[i:i + 16] for i in range(0, len(padded), 16)]
    after = [struct.pack("<QQ", len(aad), 16)]

    def rest(r):  # the polynomial without the free block
        acc = 0
        for b in before:
            acc = (acc + int.from_bytes(b, "little") + (1 << 128)) * r % P
        acc = acc * r % P
        for b in after:
            acc = (acc + int.from_bytes(b, "little") + (1 << 128)) * r % P
        return acc

    slope = pow((r1 * r1 - r2 * r2) % P, P - 2, P)
    for k in range(-4, 5):
        c = (rest(r2) - rest(r1) + s2 - s1 + (k << 128)) * slope % P - (1 << 128)
        if not 0 <= c < 1 << 128:
            continue
        block = c.to_bytes(16, "little")
        tags = {poly1305(r, s, before + [block] + after) for r, s in ((r1, s1), (r2, s2))}
        if len(tags) == 1:
            return block, tags.pop().to_bytes(16, "little")
    return None


def main():
    key1, key2, aad = bytes(range(32)), bytes(range(32, 64)), b"vault test"
    for attempt in range(256):
        nonce = bytes([attempt]) * 24
        found = collide(key1, key2, nonce, aad)
        if found:
            break
    ciphertext, tag = found
    print("# made by two_key_collision.py; the attack: Len, Grubbs, Ristenpart, \"Partitioning Oracle Attacks\", USENIX Security 2021")
    for name, value in (("key1", key1), ("key2", key2), ("nonce", nonce), ("aad", aad), ("ciphertext", ciphertext), ("tag", tag),
                        ("encryption_key1", wrap_keys(key1, nonce)[0]), ("encryption_key2", wrap_keys(key2, nonce)[0]),
                        ("commitment1", commitment(wrap_keys(key1, nonce)[1], nonce, aad, tag)),
                        ("commitment2", commitment(wrap_keys(key2, nonce)[1], nonce, aad, tag))):
        print(f"{name} = {value.hex()}")


if __name__ == "__main__":
    main()
