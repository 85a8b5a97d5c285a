"""Adapter of Pipeliner CRM's REST API v100; knows the domain, the errors and the engine's ports only."""
