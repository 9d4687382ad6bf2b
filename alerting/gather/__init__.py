"""Several alerts in one notice for one person: groups of a place and hazard, and storms."""
