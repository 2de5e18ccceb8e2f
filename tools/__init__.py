"""What maintainers run: tables of the README, the nightly job."""
