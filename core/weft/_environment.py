"""What libraries find in the environment; set before any of them is imported.

pydantic asks every installed distribution for plugins of its own, the first time that a model is
made. It would import code in every process, also in safe mode, fail where one distribution's
metadata is damaged, and take time at each start. Weft's models need none. Whoever wants them in a
program that uses Weft sets the variable to an empty text.
"""

from __future__ import annotations

import os

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
