"""A coding agent in Jupyter: runs shown while they last, and questions asked in the cell.

```python
from coding_agent_sdk import notebook

agent = Agent.builder().workspace(".").approver(notebook.NotebookApprover()).build()
result = await notebook.show(agent, "Analyze the code")
```
"""

from coding_agent_sdk.notebook.asking import NotebookApprover
from coding_agent_sdk.notebook.showing import show, show_sync, watch

__all__ = ["NotebookApprover", "show", "show_sync", "watch"]
