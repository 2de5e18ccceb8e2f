"""Which violations only follow from others: one fault on the wire can break many requirements."""
