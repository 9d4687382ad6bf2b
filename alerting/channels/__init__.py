"""One file per road by which a notice can reach a person or a system."""
