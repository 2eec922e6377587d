"""`python -m sora_keras` is `sora`."""

from sora_keras.cli import main

main()
