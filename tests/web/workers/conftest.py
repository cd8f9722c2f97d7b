"""One worker pool for all tests that can share it."""

from collections.abc import Iterator

import pytest

from web.workers.helpers import Shared


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    one = Shared(tmp_path_factory.mktemp("pool"))
    yield one
    one.close()
