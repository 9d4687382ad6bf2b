"""The HTTP interface under /api/v1; the only importer of FastAPI."""
