"""Twenty ImageNet photos through EfficientNet-Lite0 with its own 1,000 classes: how many are named at once, in five."""

import json

from figure import figure_options, print_figures


def main() -> None:
    """Answers each photo's centre at 224 by 224 pixels, decoded in full and shrunk with antialiasing."""
    import keras
    import numpy as np

    from sora_keras.encoders.efficientnet_lite import SIZE, efficientnet_lite0

    options = figure_options()
    photos = json.loads(options.data.read_text(encoding="utf-8"))["test"]
    network = efficientnet_lite0(classes=True)
    first, in_five = 0, 0
    for path, truth in photos:
        photo = keras.utils.img_to_array(keras.utils.load_img(path))
        pixels = keras.ops.image.resize(photo[None], (SIZE, SIZE), antialias=True, crop_to_aspect_ratio=True)
        best = np.asarray(network(pixels))[0].argsort()[::-1][:5]
        first += int(best[0] == truth)
        in_five += int(truth in best)
    print_figures(photos=len(photos), first=first, in_five=in_five)


if __name__ == "__main__":
    main()
