"""How long scripts/finetune.py takes to its first step, for finetuning.py: a process runs the script up to there.

Prints JSON: seconds for the imports (`imports`), from their end to the first step (`start`), of that step (`step`).
"""

import importlib
import json
import runpy
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

SCRIPT = Path(__file__).parents[2] / "scripts" / "finetune.py"


def main(arguments: list[str]) -> None:
    began = time.perf_counter()
    from distilbeto.finetuning.run_log import RunLog

    importlib.import_module("distilbeto.finetuning.train")
    times = [began, time.perf_counter()]

    def on_step_begin(*_: Any, **__: Any) -> None:
        times.append(time.perf_counter())

    def on_step_end(*_: Any, **__: Any) -> NoReturn:
        times.append(time.perf_counter())
        seconds = [after - before for before, after in pairwise(times)]
        print(json.dumps(dict(zip(("imports", "start", "step"), seconds, strict=True))))
        sys.exit()

    RunLog.on_step_begin, RunLog.on_step_end = on_step_begin, on_step_end
    sys.argv = [str(SCRIPT), *arguments]
    runpy.run_path(str(SCRIPT), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
