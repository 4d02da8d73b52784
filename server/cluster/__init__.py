"""Redis Cluster behind the face of one Redis: which server has a key, and what to do when moved."""
