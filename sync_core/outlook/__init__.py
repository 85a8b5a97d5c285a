"""Adapter for Microsoft Graph: requests built and answers read as values, carried by a transport."""
