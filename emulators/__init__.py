"""Emulators of Microsoft Graph and Pipeliner, for the demo and the tests; never deployed.

Each service is a deterministic model (a request value in, a reply value out) with a thin HTTP face.
"""
