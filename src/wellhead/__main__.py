"""``python -m wellhead`` is the command line."""

from wellhead.cli import main

main()
