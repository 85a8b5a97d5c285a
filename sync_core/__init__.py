"""Two-way contacts sync between Microsoft 365 and Pipeliner CRM."""
