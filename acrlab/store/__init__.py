"""Where a world's bytes are kept: journals, blobs and keys."""
