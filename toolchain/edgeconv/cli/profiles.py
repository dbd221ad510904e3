"""`edgeconv profiles`: what comes with the package."""

from __future__ import annotations

from edgeconv.cli.output import Json, print_json, stdout


def profiles(json: Json = False) -> None:
    """List the export profiles that come with edgeconv."""
    from edgeconv.profiles import load_profile, profile_folder, profile_names

    found = [load_profile(name) for name in profile_names()]
    if json:
        print_json({"folder": str(profile_folder()), "profiles": [p.model_dump(mode="json") for p in found]})
        return
    from edgeconv.cli.listing import print_entries

    print_entries(
        stdout(),
        [
            (
                p.name,
                p.description,
                f"target {p.target} · {p.tflite.input_dtype} in, {p.tflite.output_dtype} out · int8 cosine: "
                f"mean ≥ {p.parity.int8_cosine_mean:g}, min ≥ {p.parity.int8_cosine_min:g}",
            )
            for p in found
        ],
        f"Write your own: copy one from {profile_folder()} and give it with --profile file.yaml",
    )
