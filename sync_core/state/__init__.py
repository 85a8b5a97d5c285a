"""Where the sync keeps what it knows: rows in Azure tables or in a SQLite file, under one interface."""
