# PyTorch, PEFT and transformers as a contestant in training: one JSON command a line on standard input, one answer a line.
#
# open {model, threads, checkpointing} | trainer {rate, clip, adapter} | train {batch, answers} | choose {prompts, choices} | rss {}
# A batch is a list of ids; the last `answers` of each are what the loss looks at, and logits are computed nowhere else.
# adapter: a file of float32 values and its tensors [name, shape], or null for PEFT's own start.

import json
import os
import resource
import sys
import time
import warnings

del sys.path[0]  # scripts beside this one are called like packages
warnings.filterwarnings("ignore")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what libraries print is no answer


class Peer:
    def open(self, model, threads=2, checkpointing=False, **_):
        torch.set_num_threads(threads)
        folder, file = os.path.split(model)
        base = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
        self.model = get_peft_model(
            base,
            LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
        )
        if checkpointing:
            self.model.gradient_checkpointing_enable()
            self.model.enable_input_require_grads()
        return {}

    def trainer(self, rate, clip, adapter=None):
        named = {name.replace(".default", ""): p for name, p in self.model.named_parameters() if p.requires_grad}
        if adapter is not None:
            values = np.fromfile(adapter["file"], dtype=np.float32)
            at = 0
            with torch.no_grad():
                for name, shape in adapter["tensors"]:
                    size = int(np.prod(shape))
                    tensor = torch.from_numpy(values[at : at + size].reshape(shape))
                    named[f"base_model.model.{name}"].copy_(tensor)
                    at += size
        self.trained = list(named.values())
        self.optimiser = torch.optim.AdamW(self.trained, lr=rate, weight_decay=0)
        self.clip = clip
        self.model.train()
        return {}

    def train(self, batch, answers):
        """One step; examples shorter than the longest are padded, and what is padded counts for nothing."""
        start = time.perf_counter()
        longest = max(len(ids) for ids in batch)
        x = torch.zeros(len(batch), longest - 1, dtype=torch.long)
        target = torch.full((len(batch), longest - 1), -100)
        mask = torch.zeros(len(batch), longest - 1, dtype=torch.long)
        # Padding stands in front, so that the labels stand at the end of every row.
        for row, ids in enumerate(batch):
            x[row, longest - len(ids) :] = torch.tensor(ids[:-1])
            mask[row, longest - len(ids) :] = 1
            looked = min(answers, len(ids) - 1)
            target[row, longest - 1 - looked :] = torch.tensor(ids[len(ids) - looked :])
        kept = min(answers, longest - 1)
        whole = bool(mask.all())
        logits = self.model(x, attention_mask=None if whole else mask, logits_to_keep=kept).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), target[:, -kept:].flatten())
        self.optimiser.zero_grad()
        loss.backward()
        if self.clip > 0:
            torch.nn.utils.clip_grad_norm_(self.trained, self.clip)
        self.optimiser.step()
        tokens = sum(len(ids) for ids in batch)
        return {"tokens_per_s": tokens / (time.perf_counter() - start), "loss": loss.item()}

    def choose(self, prompts, choices):
        """For each prompt the choice with the most likely first token, and the mean of its log-probability where it is right."""
        self.model.eval()
        chosen, logs = [], []
        with torch.no_grad():
            for ids in prompts:
                logits = self.model(torch.tensor([ids]), logits_to_keep=1).logits[0, -1]
                chosen.append(int(logits[choices].argmax()))
                logs.append(torch.log_softmax(logits, -1)[choices].tolist())
        self.model.train()
        return {"chosen": chosen, "logs": logs}

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
        answer = {"error": repr(error)}
    print(json.dumps(answer), file=out, flush=True)
