"""The module that pytest shows as the location of the suite's items. `conformance.plugin` makes them."""
