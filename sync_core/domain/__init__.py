"""The pure core: values in, values out. It imports nothing of ours but itself."""
