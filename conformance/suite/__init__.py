"""The folder that pytest collects where no path is given; what is in it comes from the run."""
