"""Twenty ImageNet photos through EfficientNet-Lite0 with its own 1,000 classes: how many are named at once, in five."""

import json

from figure import figure_options, print_figures


def main() -> None:
    """Answers each photo's centre at 224 by 224 pixels."""
    import numpy as np

    from sora_keras.data import to_picture
    from sora_keras.encoders.efficientnet_lite import SIZE, efficientnet_lite0
    from sora_keras.layers.pictures import DecodePictures

    options = figure_options()
    photos = json.loads(options.data.read_text(encoding="utf-8"))["test"]
    decoder, network = DecodePictures((SIZE, SIZE), 3), efficientnet_lite0(classes=True)
    first, in_five = 0, 0
    for path, truth in photos:
        pixels = decoder(np.array([to_picture(path).read()], object))
        best = np.asarray(network(pixels))[0].argsort()[::-1][:5]
        first += int(best[0] == truth)
        in_five += int(truth in best)
    print_figures(photos=len(photos), first=first, in_five=in_five)


if __name__ == "__main__":
    main()
