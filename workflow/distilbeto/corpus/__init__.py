"""From raw text to token shards and token counts."""
