"""The three losses of distillation (thesis, Section 2.2.5), each a sum over tokens.

Sums, because a step is cut into micro-batches: each sum is divided by the count of the whole step, so that neither
losses nor gradients depend on the cut. All are taken in single precision.
"""

import torch
from torch.nn import functional


def distillation_loss(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """Sum over tokens of KL(teacher, student) at a temperature T, times T^2. Logits [tokens, vocab_size].

    T^2 keeps the size of its gradients independent of T (Hinton et al., 2015). It differs from Equation 2.2 of the
    thesis, which lacks a minus sign, by T^2 and by the teacher's entropy, which has no gradient.
    """
    student_log = functional.log_softmax(student.float() / temperature, dim=-1)
    teacher_log = functional.log_softmax(teacher.float() / temperature, dim=-1)
    return functional.kl_div(student_log, teacher_log, reduction="sum", log_target=True) * temperature**2


def masked_lm_loss(student: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Sum of the cross entropy of logits [tokens, vocab_size] and labels [tokens]."""
    return functional.cross_entropy(student.float(), labels, reduction="sum")


def cosine_loss(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Sum of 1 - cosine of hidden states [tokens, hidden_size]."""
    return (1 - functional.cosine_similarity(student.float(), teacher.float(), dim=-1)).sum()
