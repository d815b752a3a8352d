"""Tables of what was measured: MPCO's own and the paper's."""
