"""Learns the weights that `guardrails/prompts/wording.py` weighs texts by, from labelled texts."""
