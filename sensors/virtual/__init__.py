"""Virtual sensors of a site that need more than one report: what they are, not their values."""
