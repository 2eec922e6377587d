"""p50 of `clf(picture)` ÷ p50 of `model.predict` on the same pipeline model, one picture a call."""

from figure import figure_options, print_figures
from measures import percentile_milliseconds, time_calls
from reading import read_fashion


def main() -> None:
    """Fits the small core on 2,000 pictures and times both calls on encoded pictures."""
    import tensorflow as tf

    import sora_keras as sora
    from sora_keras.data import to_picture

    options = figure_options()
    fold = read_fashion(options.data)[0]
    pictures, labels = fold["train"]["picture"][:2000], fold["train"]["label"][:2000]
    classifier = sora.ImageClassifier(epochs=1, seed=options.seed, verbose=False).fit(pictures, labels)
    encoded = [to_picture(picture).read() for picture in fold["test"]["picture"][:300]]

    def keras_predict(content: bytes) -> object:
        return classifier.pipeline.predict(tf.constant([content]), verbose=0)

    ours = time_calls(classifier, encoded, options.calls)
    theirs = time_calls(keras_predict, encoded, options.calls)
    p50, keras_p50 = percentile_milliseconds(ours, 50), percentile_milliseconds(theirs, 50)
    print_figures(
        call_p50_ms=p50,
        call_p99_ms=percentile_milliseconds(ours, 99),
        keras_predict_p50_ms=keras_p50,
        keras_predict_p99_ms=percentile_milliseconds(theirs, 99),
        ratio=p50 / keras_p50,
        calls=len(ours),
    )


if __name__ == "__main__":
    main()
