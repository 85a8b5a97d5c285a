"""Where requests for passes wait: an Azure Storage queue, or the memory of one process."""
