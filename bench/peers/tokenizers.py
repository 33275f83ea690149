# llama.cpp's tokenizer over a corpus: python tokenizers.py MODEL OVERRIDES CORPUS IDS
# CORPUS: a count, then each text as its length and its bytes. IDS: for each text, with special tokens parsed (and what the file
# puts around a text) and without, the number of ids and the ids. All numbers are 32-bit, little-endian.

import array
import ctypes
import json
import struct
import sys
import time

import llama_cpp

quiet = llama_cpp.llama_log_callback(lambda *_: None)
llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
model, overrides, corpus, out = sys.argv[1:]
start = time.perf_counter()
llm = llama_cpp.Llama(
    model_path=model, vocab_only=True, verbose=False, kv_overrides=json.loads(overrides) or None
)
load = time.perf_counter() - start
vocab = llama_cpp.llama_model_get_vocab(llm._model.model)

data = open(corpus, "rb").read()
count, at = struct.unpack_from("<I", data)[0], 4
texts = []
for _ in range(count):
    length = struct.unpack_from("<I", data, at)[0]
    texts.append(data[at + 4 : at + 4 + length])
    at += 4 + length

buffer = (llama_cpp.llama_token * 65536)()
ids = array.array("i")
spent = 0.0
for text in texts:
    for special in (True, False):
        start = time.perf_counter()
        n = llama_cpp.llama_tokenize(vocab, text, len(text), buffer, len(buffer), special, special)
        spent += time.perf_counter() - start
        if n < 0:
            raise SystemExit(f"a text of {len(text)} bytes has {-n} tokens")
        ids.append(n)
        ids.frombytes(ctypes.string_at(buffer, 4 * n))
with open(out, "wb") as file:
    ids.tofile(file)
print(json.dumps({"load_ms": 1000 * load, "encode_ms": 1000 * spent}))
