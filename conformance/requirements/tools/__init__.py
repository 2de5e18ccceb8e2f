"""Requirements on tool calls."""
