"""Requirements on Responses streams."""
