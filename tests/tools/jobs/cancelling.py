"""A process that cancels jobs by the table alone and prints how they are then: cancelling.py FOLDER ID…"""

import sys
from contextlib import closing
from pathlib import Path

from shop import table

from modelatlas.tools.jobs.cancellation import cancel

if __name__ == "__main__":
    with closing(table(Path(sys.argv[1]))) as jobs:
        for job in sys.argv[2:]:
            print(cancel(jobs, job).state, flush=True)
