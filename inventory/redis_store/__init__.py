"""The reservation engine in Redis: one script per command, one outbox stream per room."""
