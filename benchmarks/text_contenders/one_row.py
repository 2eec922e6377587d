"""p50 of `clf("…")` ÷ p50 of `model.predict` on the same pipeline model, one text a call."""

from figure import figure_options, first_fold, print_figures
from measures import percentile_milliseconds, time_calls


def main() -> None:
    """Fits the default recipe on the same rows as the comparison, and times both calls."""
    import tensorflow as tf

    import sora_keras as sora

    options = figure_options()
    fold = first_fold(options)
    train, texts = fold["train"], fold["test"]["text"]
    classifier = sora.TextClassifier(seed=options.seed, verbose=False)
    held_out = (fold["validation"]["text"], fold["validation"]["label"])
    classifier.fit(train["text"], train["label"], validation=held_out)

    def keras_predict(text: str) -> object:
        return classifier.pipeline.predict(tf.constant([text]), verbose=0)

    ours = time_calls(classifier, texts, options.calls)
    theirs = time_calls(keras_predict, texts, options.calls)
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
