"""Who and what can help near a point, answered offline."""
