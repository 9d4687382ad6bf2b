"""How many cases property tests of codecs try: GROUNDWATCH_TEST_CASES, else a few hundred or more.

`FEW` is for codecs whose inputs are costly to make, `CASES` for those at the byte level.
"""

import os

CASES = int(os.environ.get("GROUNDWATCH_TEST_CASES", "2000"))
FEW = int(os.environ.get("GROUNDWATCH_TEST_CASES", "300"))
