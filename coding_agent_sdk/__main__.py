"""`python -m coding_agent_sdk`: the command line."""

import sys

from coding_agent_sdk.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
