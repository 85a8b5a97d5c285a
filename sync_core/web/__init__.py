"""What is reached over HTTP: requests as values in, answers as values out; who carries them is not known here."""
