"""The engine: from settings and kernels to records. Knows neither pytest nor a terminal."""
