"""Writes test/fixtures/learning.json: optimiser steps and the teacher's divergence, as PyTorch and transformers compute them.

Run with torch and transformers installed: python bench/reference/learning.py > test/fixtures/learning.json
"""

import json
import math

import torch
from transformers.optimization import Adafactor

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)


def rounded(tensor):
    """float32 values, so that JSON carries exactly what was computed with."""
    return tensor.to(torch.float32).to(torch.float64)


def flat(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def steps(make, ratio):
    """Six steps on A [3, 5] and B [4, 3]; B's rate is `ratio` times A's."""
    rate = 0.02
    a, b = (torch.nn.Parameter(rounded(torch.randn(*size) * 0.3)) for size in ((3, 5), (4, 3)))
    start = [flat(a), flat(b)]
    optimizer = make([{"params": [a], "lr": rate}, {"params": [b], "lr": rate * ratio}])
    gradients = []
    for step in range(6):
        for one in (a, b):
            one.grad = rounded(torch.randn_like(one) * 10 ** (step % 3 - 1))
        gradients.append([flat(a.grad), flat(b.grad)])
        optimizer.step()
    return {"start": start, "ratio": ratio, "rate": rate, "gradients": gradients, "end": [flat(a), flat(b)]}


def divergence(temperature):
    """Three labels, eleven tokens, of which the teacher tells 1, 4 and 11; the weights of the labels differ."""
    logits = rounded(torch.randn(3, 11) * 2).requires_grad_()
    teacher = torch.log_softmax(torch.randn(3, 11) * 2 / temperature, -1)
    weights = [1.0, 0.25, 0.5]
    known = [1, 4, 11]
    loss = 0
    places = []
    for row, count in enumerate(known):
        logs, ids = torch.topk(teacher[row], count)
        logs = torch.tensor([float(f"{value:.9g}") for value in logs.tolist()])
        places.append({"ids": ids.tolist(), "logProbabilities": logs.tolist()})
        student = torch.log_softmax(logits[row] / temperature, -1)
        others = [i for i in range(11) if i not in ids.tolist()]
        rest = 1 - logs.exp().sum()
        each = (logs.exp() * (logs - student[ids])).sum()
        if others:
            each = each + rest * (math.log(rest) - torch.logsumexp(student[others], 0))
        loss = loss + weights[row] * temperature**2 * each
    loss.backward()
    return {
        "temperature": temperature,
        "logits": flat(logits),
        "teacher": places,
        "weights": weights,
        "loss": loss.item(),
        "gradient": flat(logits.grad),
    }


print(
    json.dumps(
        {
            "adamw": steps(lambda groups: torch.optim.AdamW(groups, weight_decay=0.1), 4),
            "adafactor": steps(
                lambda groups: Adafactor(groups, scale_parameter=False, relative_step=False, weight_decay=0.1), 4
            ),
            "divergence": [divergence(1.0), divergence(2.5)],
        }
    )
)
