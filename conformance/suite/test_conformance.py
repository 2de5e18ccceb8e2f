"""The module that pytest shows as the place of the suite's items. `conformance.plugin` makes them."""
