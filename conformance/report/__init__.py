"""The report of a run: `report.jsonl`, which holds everything, and the HTML page that displays it."""
