"""The names of `text.plain`, where the line editor of the chat still looks for them."""

from coding_agent_sdk.text.plain import one_line as one_line
from coding_agent_sdk.text.plain import visible as visible
