"""Keras layers that Keras, KerasHub and KerasRS lack."""
