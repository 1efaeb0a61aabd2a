"""What every test can ask for."""

import os

from tests.patience import PATIENCE

pytest_plugins = ["tests.databases"]

# For the services that tests start as processes of their own.
os.environ["REQUEST_SECONDS"] = str(PATIENCE)
