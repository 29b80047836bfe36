"""`course-utils build | grade | site`."""

from __future__ import annotations

import argparse
import importlib
import sys

# Where each command lives; loaded only when it is asked for.
COMMANDS = {
    "build": (
        "course_utils.authoring.build",
        "write the student and the solved edition of each notebook",
    ),
    "grade": ("course_utils.grading.command", "grade a folder of submitted notebooks"),
    "site": ("course_utils.authoring.site", "write the solved course as pages to read"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command. What went wrong is one sentence, not a traceback."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        args = _parser(arguments).parse_args(arguments)
        return args.command(args)
    except KeyboardInterrupt:
        print("course-utils: stopped.", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("course_utils"):
            raise
        print(
            f'course-utils: {error.name} is missing: `pip install -e ".[dev]"` in the course\'s folder brings it.',
            file=sys.stderr,
        )
        return 1


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course-utils", description="Condensed Gradients: the course's own tools."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, words) in COMMANDS.items():
        command = commands.add_parser(
            name, help=words, description=words[0].upper() + words[1:] + "."
        )
        if name in arguments[:1]:
            loaded = importlib.import_module(module)
            loaded.add_arguments(command)
            command.set_defaults(command=loaded.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
