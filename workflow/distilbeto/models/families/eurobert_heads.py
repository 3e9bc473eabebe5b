"""The head that transformers lacks for EuroBERT: question answering, as BERT has it. Imports transformers.

A folder fine-tuned with it is read by this package; transformers alone does not know its class.
"""

from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, EuroBertConfig, EuroBertModel, EuroBertPreTrainedModel
from transformers.modeling_outputs import QuestionAnsweringModelOutput


class EuroBertForQuestionAnswering(EuroBertPreTrainedModel):  # type: ignore[misc]
    """A score for the begin and one for the end of an answer at each token. Losses are computed elsewhere."""

    def __init__(self, config: EuroBertConfig) -> None:
        super().__init__(config)
        self.model = EuroBertModel(config)
        self.qa_outputs = torch.nn.Linear(config.hidden_size, 2)
        self.post_init()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **options: Any
    ) -> QuestionAnsweringModelOutput:
        """input_ids and attention_mask [batch, length]; start_logits and end_logits [batch, length]."""
        hidden = self.model(input_ids, attention_mask=attention_mask, **options).last_hidden_state
        starts, ends = self.qa_outputs(hidden).unbind(-1)  # [batch, length] each
        return QuestionAnsweringModelOutput(start_logits=starts, end_logits=ends)


def register() -> None:
    AutoModelForQuestionAnswering.register(EuroBertConfig, EuroBertForQuestionAnswering, exist_ok=True)
