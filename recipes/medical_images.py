"""Medical pictures with care: patients kept together, a sensitivity that is asked for, and answers withheld.

Run `sora run medical_images` for the sample of skin-lesion patches, or give a table with a column of paths, a column
`label` and a column `patient`. The sample's question is whether two patches of a lesion differ in texture, which is a
step towards judging its symmetry. It is no diagnosis, and neither is what this trains.
"""

from __future__ import annotations

import sys

from rich.console import Console
from sklearn.model_selection import GroupShuffleSplit

import sora_keras as sora

INTENDED_USE = "Research on pictures like those below. No diagnosis: it has seen no clinical test."


def main(data: str | None = None, out: str = "exports/medical_images") -> sora.Report:
    """Train on three quarters of the patients, report on the others, and export to `out`."""
    examples = sora.data.read_pictures(data, "label") if data else sora.load_sample("skin_lesions")
    patients = examples.column("patient")
    train, test = next(GroupShuffleSplit(1, test_size=0.25, random_state=0).split(patients, groups=patients))
    classifier = sora.ImageClassifier(
        encoder="cnn", epochs=20, validation_fraction=0.2, min_sensitivity=0.9, abstain_below=0.6
    )
    classifier.fit(examples.take(train), groups="patient")
    report = classifier.evaluate(examples.take(test))
    console = Console()
    console.print(report)
    console.print(
        f"{len(set(patients[train]))} patients train and validate, {len(set(patients[test]))} test; "
        "no patient is in both."
    )
    classifier.export(out, intended_use=INTENDED_USE, overwrite=True)
    console.print(f"Exported and proved: {out}. Read its model card: {out}/README.md")
    return report


if __name__ == "__main__":
    main(*sys.argv[1:2])
