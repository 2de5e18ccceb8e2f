"""Requirements on Chat Completions chunks."""
