"""XLM-RoBERTa (Conneau et al., 2020): a RoBERTa over a vocabulary of 250,002 words of a hundred languages."""

from distilbeto.models.families import roberta

FAMILY = roberta.FAMILY._replace(model_type="xlm-roberta", with_every_head="XLMRobertaForMaskedLM")
