"""The report of a run: `report.jsonl`, which is its truth, and the page that shows it."""
