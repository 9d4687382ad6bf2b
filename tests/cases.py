"""How many cases property tests of codecs try: GROUNDWATCH_TEST_CASES, 2,000 unless set."""

import os

CASES = int(os.environ.get("GROUNDWATCH_TEST_CASES", "2000"))
