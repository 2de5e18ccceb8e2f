"""The vendor matrix, made of the stored runs below a folder, and what changed from one run to the next."""
