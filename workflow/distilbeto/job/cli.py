"""What every script shares: arguments, settings as JSON, logging, and errors for people."""

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from distilbeto.errors import UserError
from distilbeto.job.energy.meter import metered
from distilbeto.job.prefork import hand_over, let_waiting_threads_sleep

if TYPE_CHECKING:
    from pydantic import BaseModel

Settings = TypeVar("Settings", bound="BaseModel")


def argument_parser(documentation: str | None) -> argparse.ArgumentParser:
    """A parser whose --help is the script's own docstring."""
    return argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_figure_options(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The options that all figures have: their language, a note, and the files to write."""
    parser.add_argument("--language", choices=["es", "en"], default="es", help="of the labels (default: %(default)s)")
    parser.add_argument("--note", default="", help="a word on what is shown, added below")
    parser.add_argument("--output", required=True, type=Path, nargs="+", help="figures to write (.pdf, .png)")
    return parser


def parse_settings(model: type[Settings], text: str) -> Settings:
    """Validate the JSON of a --settings argument.

    Raises:
        UserError: naming every field that is wrong.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        raise UserError(f"--settings is not valid JSON: {error.msg} at character {error.pos}") from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, entry['loc']))}: {entry['msg']}" for entry in error.errors()]
        raise UserError("--settings is wrong:\n  " + "\n  ".join(lines)) from None


def start(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser, *, torch: bool = False) -> None:
    """Parse the command line and run `main`; a UserError ends with one message and status 1, without a traceback.

    `torch` says that `main` imports it: where a prefork server runs, the script is then forked from it.
    """
    _refuse_foreign_package()
    if torch:
        hand_over()
        let_waiting_threads_sleep()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        with metered(torch=torch):
            main(parser.parse_args())
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"error: {error.strerror}: {error.filename}", file=sys.stderr)
        sys.exit(1)


def _terminate(signal_number: int, _frame: FrameType | None) -> None:
    """Turn SIGTERM into an ordinary exit, so that temporary files are removed; a second one must not disturb that."""
    signal.signal(signal_number, signal.SIG_IGN)
    sys.exit(128 + signal_number)


def _refuse_foreign_package() -> None:
    """The code that runs must be the code whose digest the workflow tracks."""
    checkout = Path(sys.argv[0]).resolve().parent.parent
    package = Path(__file__).resolve()
    if (checkout / "workflow" / "distilbeto").is_dir() and not package.is_relative_to(checkout):
        print(
            f"error: the script is in {checkout}, but the package distilbeto was imported from {package.parent}\n"
            f"  Run `make env` in this checkout, or `pip install --no-deps -e {os.path.relpath(checkout)}`.",
            file=sys.stderr,
        )
        sys.exit(1)
