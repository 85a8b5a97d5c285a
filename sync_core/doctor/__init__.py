"""The doctor: the settings and everything around the app compared with reality; nothing of anybody's is changed."""
