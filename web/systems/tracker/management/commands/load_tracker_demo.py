"""`load_tracker_demo`: a board with items in every column."""

from pathlib import Path

from postroom.web.systems.demo_data import LoadDemoCommand
from postroom.web.systems.tracker.models import Epic


class Command(LoadDemoCommand):
    """The same rows as `loaddata tracker_demo`, dated around today; its people cannot sign in."""

    help = "Fill an empty board with demo data dated around today."
    fixture = Path(__file__).parents[2] / "fixtures" / "tracker_demo.json"
    first_model = Epic
