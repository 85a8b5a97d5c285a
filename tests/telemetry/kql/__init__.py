"""Log queries, read by Microsoft's own parser and compared with what the code emits."""
