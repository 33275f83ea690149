# A llama.cpp peer: one JSON command a line on standard input, one JSON answer a line on standard output.
#
# open {model, threads, capacity} | quantise {source, out, type} | decode {ids, tokens} | prefill {ids} | first {ids}
# | compare {ids, reference} | forced {cases} | rss {}

import ctypes
import json
import resource
import sys
import time

import llama_cpp as lc
import numpy as np

QUIET = lc.llama_log_callback(lambda level, text, data: None)
lc.llama_log_set(QUIET, ctypes.c_void_p(0))
lc.llama_backend_init()


def log_probabilities(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, dtype=np.float64, keepdims=True)).astype(np.float32)


class Peer:
    def open(self, model, threads=2, capacity=2048, mode=None):
        params = lc.llama_model_default_params()
        params.n_gpu_layers = 0
        self.model = lc.llama_model_load_from_file(model.encode(), params)
        if not self.model:
            raise RuntimeError(f"llama.cpp cannot load {model}")
        settings = lc.llama_context_default_params()
        settings.n_ctx = capacity
        settings.n_batch = settings.n_ubatch = 512
        settings.n_threads = settings.n_threads_batch = threads
        self.context = lc.llama_init_from_model(self.model, settings)
        self.prompt = None
        self.vocabulary = lc.llama_vocab_n_tokens(lc.llama_model_get_vocab(self.model))
        return {"system": lc.llama_print_system_info().decode()}

    def run(self, ids, start, first=None):
        """Logits [labels, vocabulary] of the tokens from `first` on (the last alone where not given), which follow `start` others."""
        first = len(ids) - 1 if first is None else first
        out = []
        for at in range(0, len(ids), 512):
            part = ids[at : at + 512]
            batch = lc.llama_batch_init(len(part), 0, 1)
            batch.n_tokens = len(part)
            for n, token in enumerate(part):
                batch.token[n] = token
                batch.pos[n] = start + at + n
                batch.n_seq_id[n] = 1
                batch.seq_id[n][0] = 0
                batch.logits[n] = at + n >= first
            if lc.llama_decode(self.context, batch) != 0:
                raise RuntimeError("llama_decode failed")
            rows = min(len(part), max(0, at + len(part) - first))
            if rows > 0:
                pointer = lc.llama_get_logits(self.context)
                shape = (rows, self.vocabulary)
                out.append(np.ctypeslib.as_array(pointer, shape=shape).copy())
            lc.llama_batch_free(batch)
        return np.concatenate(out)

    def clear(self):
        self.prompt = None
        lc.llama_memory_clear(lc.llama_get_memory(self.context), True)

    def begin(self, ids):
        """Logits after the prompt, of which all but the last token is kept where it was the prompt before."""
        memory, last = lc.llama_get_memory(self.context), len(ids) - 1
        if self.prompt == ids and lc.llama_memory_seq_rm(memory, 0, last, -1):
            return self.run(ids[last:], last)[0]
        self.clear()
        logits = self.run(ids, 0)[0]
        self.prompt = ids
        return logits

    def quantise(self, source, out, type):
        params = lc.llama_model_quantize_default_params()
        params.ftype = {"q8_0": 7, "q4_0": 2}[type]
        params.allow_requantize = True
        if lc.llama_model_quantize(source.encode(), out.encode(), ctypes.byref(params)) != 0:
            raise RuntimeError(f"llama.cpp cannot quantise to {type}")
        return {}

    def decode(self, ids, tokens):
        """Greedy; the clock runs from the first token that follows the prompt."""
        token = int(self.begin(ids).argmax())
        start = time.perf_counter()
        for n in range(tokens):
            token = int(self.run([token], len(ids) + n)[0].argmax())
        return {"tokens_per_s": tokens / (time.perf_counter() - start)}

    def prefill(self, ids):
        self.clear()
        start = time.perf_counter()
        self.run(ids, 0)
        return {"tokens_per_s": len(ids) / (time.perf_counter() - start)}

    def compare(self, ids, reference):
        """Sums over the positions: KL divergence from the reference logits, own loss, equal greedy tokens."""
        self.clear()
        mine = log_probabilities(self.run(ids, 0, 0))
        theirs = log_probabilities(np.fromfile(reference, dtype=np.float32).reshape(mine.shape))
        same = int((mine.argmax(1) == theirs.argmax(1)).sum())
        divergence = float(np.einsum("ij,ij->i", np.exp(theirs), theirs - mine).astype(np.float64).sum())
        loss = -float(sum(mine[n, ids[n + 1]] for n in range(len(ids) - 1)))
        return {"divergence": divergence, "loss": loss, "same": same}

    def forced(self, cases):
        """Greedy tokens, teacher-forced, that are those of the cases {ids, greedy_ids}."""
        same = 0
        for case in cases:
            self.clear()
            prompt, greedy = case["ids"], case["greedy_ids"]
            logits = self.run(prompt + greedy[:-1], 0, len(prompt) - 1)
            same += int((logits.argmax(1) == np.array(greedy)).sum())
        return {"same": same}

    def rss(self):
        with open("/proc/self/status") as status:
            now = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"rss_mb": now * 1024 / 1e6, "peak_mb": peak * 1024 / 1e6}


peer = Peer()
for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = getattr(peer, command.pop("do"))(**command)
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
